// Why a command has no answer.

namespace Gateway.Redis;

public enum RedisFailure
{
    /// <summary>Surely not done: it was never written.</summary>
    NotSent,

    /// <summary>It was written, and the connection broke or the answer did not come in time. It may have been done.</summary>
    Unknown,

    /// <summary>A bound is reached. Surely not done.</summary>
    Busy,
}
