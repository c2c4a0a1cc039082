// A real Cluster of three primaries without replicas, joined with redis-server's own commands.

namespace Gateway.Redis.Tests.Servers;

internal sealed class RedisCluster : IAsyncDisposable
{
    private readonly List<RedisServer> _servers = [];

    public IReadOnlyList<RedisServer> Servers => _servers;

    /// <param name="arguments">Of each server, beside what makes it a node.</param>
    public static async Task<RedisCluster> Start(params string[] arguments)
    {
        var cluster = new RedisCluster();
        for (var i = 0; i < 3; i++)
            cluster._servers.Add(await RedisServer.Start(["--cluster-enabled", "yes", "--cluster-port", "{bus}", "--cluster-node-timeout", "2000", "--cluster-config-file", "nodes.conf", .. arguments]));
        var (first, second, third) = (cluster._servers[0], cluster._servers[1], cluster._servers[2]);
        first.Ask("CLUSTER ADDSLOTSRANGE 0 5460");
        second.Ask("CLUSTER ADDSLOTSRANGE 5461 10922");
        third.Ask("CLUSTER ADDSLOTSRANGE 10923 16383");
        for (var i = 0; i < 3; i++)
            cluster._servers[i].Ask($"CLUSTER SET-CONFIG-EPOCH {i + 1}");
        first.Ask($"CLUSTER MEET 127.0.0.1 {second.Port} {second.BusPort}");
        first.Ask($"CLUSTER MEET 127.0.0.1 {third.Port} {third.BusPort}");
        await cluster.Agrees();
        return cluster;
    }

    public Task Agrees() => Until.Holds("all three agree", () => _servers.All(server => server.Ask("CLUSTER INFO") is var info
        && info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains("cluster_size:3", StringComparison.Ordinal)), () => _servers[0].Ask("CLUSTER NODES"), 30);

    public static string Id(RedisServer server) => server.Ask("CLUSTER MYID").Split("\r\n")[1];

    /// <summary>Begins to move a slot: keys that are gone from the old owner answer ASK.</summary>
    public static void BeginMove(int slot, RedisServer from, RedisServer to)
    {
        Assert.StartsWith("+OK", to.Ask($"CLUSTER SETSLOT {slot} IMPORTING {Id(from)}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", from.Ask($"CLUSTER SETSLOT {slot} MIGRATING {Id(to)}"), StringComparison.Ordinal);
    }

    public static void MoveKey(string key, RedisServer from, RedisServer to) =>
        Assert.StartsWith("+OK", from.Ask($"MIGRATE 127.0.0.1 {to.Port} {key} 0 5000"), StringComparison.Ordinal);

    public void EndMove(int slot, RedisServer from, RedisServer to)
    {
        var id = Id(to);
        Assert.StartsWith("+OK", to.Ask($"CLUSTER SETSLOT {slot} NODE {id}"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", from.Ask($"CLUSTER SETSLOT {slot} NODE {id}"), StringComparison.Ordinal);
        foreach (var server in _servers.Where(server => server != from && server != to))
            server.Ask($"CLUSTER SETSLOT {slot} NODE {id}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }
}
