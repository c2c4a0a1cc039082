// The Redis engine's log lines: one a life-cycle event, none an event, never a password.

using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

internal static partial class RedisLog
{
    [LoggerMessage(101, LogLevel.Information, "Redis is open as node {Node}: {Primaries} primaries, an ack means {Ack}.")]
    public static partial void Opened(ILogger log, string node, int primaries, RedisAck ack);

    [LoggerMessage(102, LogLevel.Information, "Redis {Primary} has the functions {Library}.")]
    public static partial void Prepared(ILogger log, string primary, string library);

    [LoggerMessage(103, LogLevel.Warning, "Redis {Primary} does not let the gateway read its configuration (CONFIG GET: {Reason}). It is assumed that {Assumption}.")]
    public static partial void ConfigHidden(ILogger log, string primary, string reason, string assumption);

    [LoggerMessage(104, LogLevel.Warning, "Redis {Primary} keeps nothing on disk (appendonly no, no snapshots): what it holds is gone when it stops.")]
    public static partial void NothingKept(ILogger log, string primary);

    [LoggerMessage(105, LogLevel.Information, "Redis is not ready yet, the start waits. {Reason}")]
    public static partial void Waiting(ILogger log, string reason);

    [LoggerMessage(106, LogLevel.Information, "Redis is closed.")]
    public static partial void Closed(ILogger log);
}
