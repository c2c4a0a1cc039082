// What a primary says of itself in INFO and CONFIG GET, as far as the start asks.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class ServerReport
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    /// <summary>Why CONFIG GET was refused; null: it was answered.</summary>
    public string? ConfigRefusal { get; private init; }

    public string EvictionPolicy => Field("maxmemory_policy");

    public int Replicas => Number("connected_slaves");

    /// <summary>INFO names the replicas in reach only where some are required, so that much is known without CONFIG.</summary>
    public bool RequiresReplicas => Number("min-replicas-to-write") > 0 || _fields.ContainsKey("min_slaves_good_slaves");

    public bool IsSynced => Field("appendonly") == "yes" && Field("appendfsync") == "always";

    public bool KeepsNothing => Field("appendonly") == "no" && _fields.TryGetValue("save", out var save) && save.Length == 0;

    public string Append => $"appendonly {Field("appendonly")}, appendfsync {Field("appendfsync")}";

    /// <returns>Null, and the error, where INFO was refused.</returns>
    public static async ValueTask<(ServerReport? Report, RedisError? Error)> Ask(RedisClient client, RedisPrimary primary)
    {
        var info = await client.CallOn(primary, RedisCommand.Of("INFO", "replication", "memory")).ConfigureAwait(false);
        if (info.Error is { } error)
            return (null, error);
        var config = await client.CallOn(
            primary, RedisCommand.Of("CONFIG", "GET", "appendonly", "appendfsync", "min-replicas-to-write", "save")).ConfigureAwait(false);
        if (config.Error is { Code: RedisErrorCode.Lost or RedisErrorCode.NotSent } lost)
            return (null, lost);

        var report = new ServerReport { ConfigRefusal = config.Error?.Message };
        foreach (var line in info.Text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                report._fields[line[..colon]] = line[(colon + 1)..].TrimEnd('\r');
        }

        for (var i = 0; i + 1 < config.Count; i += 2)
            report._fields[config[i].Text] = config[i + 1].Text;
        return (report, null);
    }

    private string Field(string name) => _fields.GetValueOrDefault(name, "");

    private int Number(string name) => int.TryParse(Field(name), out var number) ? number : 0;
}
