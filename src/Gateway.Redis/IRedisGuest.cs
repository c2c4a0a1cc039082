// Whoever lives in this Redis: it prepares each primary, and hears which are there.

namespace Gateway.Redis;

/// <summary>
/// 1. Prepare runs on each connection of a primary's commands, before anything else may use the primary; it talks by
///    <see cref="RedisClient.CallOn"/>. A <see cref="RedisStartException"/> at the start ends the start; later it is logged and tried again.
/// 2. Up and Down alternate for a primary: Up when its publishes and commands can be sent, Down when one cannot.
/// 3. TopologyChanged: another set of primaries, or slots that changed hands. A primary that is gone is told of no more.
/// 4. None may block, and what they throw is logged; only Prepare may wait and refuse.
/// </summary>
public interface IRedisGuest
{
    ValueTask Prepare(RedisPrimary primary, CancellationToken ct);

    void Up(RedisPrimary primary);

    void Down(RedisPrimary primary, DateTimeOffset since);

    void TopologyChanged();
}
