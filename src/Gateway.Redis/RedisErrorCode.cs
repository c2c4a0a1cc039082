// The errors that a caller acts upon, told apart by the first word of the error reply.

namespace Gateway.Redis;

public enum RedisErrorCode
{
    Moved,
    Ask,
    TryAgain,
    ClusterDown,
    Loading,
    ReadOnly,
    NoReplicas,
    OutOfMemory,
    NoAuth,
    NoPermission,

    /// <summary>The function or script is not loaded.</summary>
    NoScript,
    MasterDown,

    /// <summary>A script or function has run for long and blocks the others.</summary>
    Busy,

    /// <summary>A write is refused since the last save to disk failed.</summary>
    Misconfigured,
    Other,

    /// <summary>Not from Redis: the command was written, and no answer came. It may have been done.</summary>
    Lost,

    /// <summary>Not from Redis: the command was surely not done.</summary>
    NotSent,
}
