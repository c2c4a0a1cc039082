// The engine as the client's guest: prepares each primary before it is used, and passes on which are there.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class RedisGuest(StartCheck check) : IRedisGuest
{
    private RedisLink? _link;
    private IRedisGuest? _members;
    private volatile bool _started;

    /// <summary>The client is made with its guest, and the engine's parts with the client: they come afterwards, before anything connects.</summary>
    public void Attach(RedisLink link, IRedisGuest members) => (_link, _members) = (link, members);

    /// <summary>The start is over: what is found wrong from now on is no reason to end the process.</summary>
    public void OnStarted() => _started = true;

    public ValueTask Prepare(RedisPrimary primary, CancellationToken ct) => check.Run(_link!, primary, isStart: !_started, ct);

    public void Up(RedisPrimary primary) => _members!.Up(primary);

    public void Down(RedisPrimary primary, DateTimeOffset since) => _members!.Down(primary, since);

    public void TopologyChanged() => _members!.TopologyChanged();
}
