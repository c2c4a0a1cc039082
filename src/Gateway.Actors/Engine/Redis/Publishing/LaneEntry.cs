// One request on its way through a lane, and who waits for it. Its lane decides when it is sent, sent again, or over.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal abstract class LaneEntry(RedisCommand command, bool isRepeatable) : IRedisCaller
{
    public RedisCommand Command { get; } = command;

    /// <summary>Redis knows it again, so it may be sent again after an attempt whose outcome is unknown.</summary>
    public bool IsRepeatable { get; } = isRepeatable;

    /// <summary>Set by the lane that takes it; so is all that follows.</summary>
    public PublishLane Lane { get; set; } = null!;

    public long Ordinal { get; set; }

    public long DeadlineAt { get; set; }

    /// <summary>An attempt of it had an unknown outcome.</summary>
    public bool MayBeDone { get; set; }

    public bool IsSettled { get; set; }

    public bool IsAnswered { get; set; }

    /// <summary>Where the slot is being moved to: the next attempt goes there.</summary>
    public RedisError? Ask { get; set; }

    /// <summary>What an answer waits for beside itself: a replica.</summary>
    public LaneBatch? Batch { get; set; }

    /// <summary>Keeps the answer until <see cref="Complete"/>; false where it is none.</summary>
    public abstract bool Take(in RedisReply reply);

    /// <summary>Tells the answer that was taken.</summary>
    public abstract void Complete();

    public abstract void Fail(EngineStatus status);

    void IRedisCaller.Completed(in RedisReply reply) => Lane.OnReply(this, reply);

    void IRedisCaller.Failed(RedisFailure failure) => Lane.OnFailure(this, failure);
}
