// What a Redis process says of itself when it is asked: who it is, what it is, and whom it follows.

namespace Gateway.Redis.Connections;

internal sealed record ServerFacts
{
    public required string RunId { get; init; }

    public required string Version { get; init; }

    public bool IsCluster { get; init; }

    public bool IsPrimary { get; init; }

    public bool IsLoading { get; init; }

    /// <summary>Names the history of data that it has; a replica has its primary's.</summary>
    public string ReplicationId { get; init; } = "";

    /// <summary>Whom a replica follows.</summary>
    public RedisEndpoint? Primary { get; init; }

    public static ServerFacts Of(string info)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in info.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 1)..].TrimEnd('\r');
        }

        string Field(string name) => fields.GetValueOrDefault(name, "");
        var hasPort = int.TryParse(Field("master_port"), out var port) && port is > 0 and <= 65_535;
        return new ServerFacts
        {
            RunId = Field("run_id"),
            Version = Field("redis_version"),
            IsCluster = Field("redis_mode") == "cluster",
            IsPrimary = Field("role") == "master",
            IsLoading = Field("loading") == "1",
            ReplicationId = Field("master_replid"),
            Primary = hasPort && Field("master_host").Length > 0 ? new RedisEndpoint(Field("master_host"), port) : null,
        };
    }
}
