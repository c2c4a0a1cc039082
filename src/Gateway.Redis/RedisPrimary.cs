// A primary as the client's users see it.

namespace Gateway.Redis;

public sealed class RedisPrimary
{
    internal RedisPrimary(RedisEndpoint endpoint) => Endpoint = endpoint;

    public RedisEndpoint Endpoint { get; }

    /// <summary>Of the latest connection; empty before the first.</summary>
    public string RunId { get; internal set; } = "";

    public string Version { get; internal set; } = "";

    public bool Owns(int slot) => throw new NotSupportedException();

    public override string ToString() => Endpoint.ToString();
}
