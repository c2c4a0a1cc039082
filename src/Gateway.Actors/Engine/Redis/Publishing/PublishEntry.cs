// A publication on its way into a room's history.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class PublishEntry(Publication publication, RedisCommand command, RedisMetrics metrics) : LaneEntry(command, publication.HasClientId)
{
    private PublishOutcome _outcome;

    public override bool Take(in RedisReply reply)
    {
        if (reply.Count != 4)
            return false;
        // Where an attempt of ours may have stored it, that one was the first.
        var duplicate = reply[3].Integer != 0 && !MayBeDone;
        _outcome = new PublishOutcome(PublishStatus.Stored, reply[1].Integer, reply[0].Text, reply[2].Integer, duplicate);
        return true;
    }

    public override void Complete()
    {
        (_outcome.Duplicate ? metrics.Duplicates : metrics.Stored).Add(1);
        publication.Completed(_outcome);
    }

    public override void Fail(EngineStatus status) => publication.Completed(new PublishOutcome(status switch
    {
        EngineStatus.Busy => PublishStatus.Busy,
        EngineStatus.Unknown => PublishStatus.Unknown,
        _ => PublishStatus.Degraded,
    }));
}
