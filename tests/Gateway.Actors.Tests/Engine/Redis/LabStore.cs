// The Redis under a lab: shared by a collection of test classes, emptied before each lab, and stopped, killed and run again as a test wants.

using Gateway.Redis;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Actors.Tests.Engine.Redis;

public abstract class LabStore : IAsyncLifetime
{
    public const string Binary = "/usr/bin/redis-server";

    /// <summary>What an ack promises must outlive the process.</summary>
    internal static readonly string[] Durable = ["--appendonly", "yes", "--appendfsync", "always"];

    internal IReadOnlyList<RedisServer> Servers { get; private set; } = [];

    internal RedisOptions Options => new() { Seeds = [.. Servers.Select(server => server.Endpoint)] };

    public async Task InitializeAsync()
    {
        if (File.Exists(Binary))
            Servers = await Start();
    }

    public async Task DisposeAsync()
    {
        foreach (var server in Servers)
            await server.DisposeAsync();
    }

    public void Empty()
    {
        Skip.If(Servers.Count == 0, $"{Binary} is not installed.");
        foreach (var server in Servers)
            Assert.StartsWith("+OK", server.Ask("FLUSHALL"), StringComparison.Ordinal);
    }

    public async Task Kill()
    {
        foreach (var server in Servers)
            await server.Kill();
    }

    public async Task Stop()
    {
        // The connection closes when the server is down.
        foreach (var server in Servers)
            server.Ask("SHUTDOWN");
        await Kill();
    }

    public async Task Run()
    {
        await Task.WhenAll(Servers.Select(server => server.Run()));
        await Ready();
    }

    internal abstract Task<IReadOnlyList<RedisServer>> Start();

    protected abstract Task Ready();
}

/// <summary>One server.</summary>
public sealed class SingleStore : LabStore
{
    internal override async Task<IReadOnlyList<RedisServer>> Start() => [await RedisServer.Start(Durable)];

    protected override Task Ready() => Task.CompletedTask;
}

/// <summary>A Cluster of three primaries.</summary>
public sealed class ClusterStore : LabStore
{
    private RedisCluster? _cluster;

    internal override async Task<IReadOnlyList<RedisServer>> Start()
    {
        _cluster = await RedisCluster.Start(Durable);
        return _cluster.Servers;
    }

    protected override Task Ready() => _cluster!.Agrees();
}

[CollectionDefinition(Name)]
public sealed class SingleStoreCollection : ICollectionFixture<SingleStore>
{
    public const string Name = "contract on one Redis";
}

[CollectionDefinition(Name)]
public sealed class ClusterStoreCollection : ICollectionFixture<ClusterStore>
{
    public const string Name = "contract on a Redis Cluster";
}
