// A primary as the client's users see it. Another process at the same endpoint is the same primary with another run_id.

using Gateway.Redis.Topology;

namespace Gateway.Redis;

public sealed class RedisPrimary
{
    private readonly Slots _slots;
    private string _runId = "";
    private string _version = "";

    internal RedisPrimary(RedisEndpoint endpoint, Slots slots)
    {
        Endpoint = endpoint;
        _slots = slots;
    }

    public RedisEndpoint Endpoint { get; }

    /// <summary>Of the latest connection for commands; empty before the first.</summary>
    public string RunId
    {
        get => Volatile.Read(ref _runId);
        internal set => Volatile.Write(ref _runId, value);
    }

    public string Version
    {
        get => Volatile.Read(ref _version);
        internal set => Volatile.Write(ref _version, value);
    }

    /// <summary>As known now; in a single server's case all slots are the primary's.</summary>
    public bool Owns(int slot) => ReferenceEquals(_slots.Owner(slot)?.Primary, this);

    public override string ToString() => Endpoint.ToString();
}
