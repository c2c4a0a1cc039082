// Entries that were sent together with one WAIT behind them: none counts as stored before a replica has it. Only at the level "replicated".

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class LaneBatch(PublishLane lane, LaneEntry[] entries) : IRedisCaller
{
    public LaneEntry[] Entries { get; } = entries;

    void IRedisCaller.Completed(in RedisReply reply) => lane.OnReplicated(this, !reply.IsError && reply.Integer >= 1);

    void IRedisCaller.Failed(RedisFailure failure) => lane.OnReplicated(this, false);
}
