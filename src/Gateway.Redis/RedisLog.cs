// The client's log lines: one a life-cycle event, none a command, never a password or a payload.

using Microsoft.Extensions.Logging;

namespace Gateway.Redis;

internal static partial class RedisLog
{
    [LoggerMessage(1, LogLevel.Information, "Redis {Endpoint} connected for {Lane}: version {Version}, run {RunId}.")]
    public static partial void Connected(ILogger log, RedisEndpoint endpoint, string lane, string version, string runId);

    [LoggerMessage(2, LogLevel.Warning, "Redis {Endpoint} lost for {Lane}: {Reason}. {Unknown} commands may have been done, {Unsent} were not.")]
    public static partial void Lost(ILogger log, RedisEndpoint endpoint, string lane, string reason, int unknown, int unsent);

    [LoggerMessage(3, LogLevel.Debug, "Redis {Endpoint} not connected for {Lane}: {Reason}.")]
    public static partial void NotConnected(ILogger log, RedisEndpoint endpoint, string lane, string reason);

    [LoggerMessage(4, LogLevel.Error, "Redis {Endpoint} cannot be used for {Lane}: {Reason}")]
    public static partial void Refused(ILogger log, RedisEndpoint endpoint, string lane, string reason);

    [LoggerMessage(5, LogLevel.Error, "Whoever was told of Redis threw.")]
    public static partial void CallbackFailed(ILogger log, Exception exception);

    [LoggerMessage(10, LogLevel.Error, "A fault in the Redis client; it goes on.")]
    public static partial void Fault(ILogger log, Exception exception);

    [LoggerMessage(6, LogLevel.Information, "Redis topology: {Primaries}.")]
    public static partial void Topology(ILogger log, string primaries);

    [LoggerMessage(7, LogLevel.Debug, "The Redis topology was not learnt: {Reason}.")]
    public static partial void TopologyUnknown(ILogger log, string reason);

    [LoggerMessage(8, LogLevel.Warning, "A redirect to {Endpoint} was not followed: {Primaries} primaries are known already.")]
    public static partial void TooManyPrimaries(ILogger log, RedisEndpoint endpoint, int primaries);

    [LoggerMessage(9, LogLevel.Warning, "The channel {Channel} cannot be subscribed to at {Endpoint}: {Reason}. It is tried again.")]
    public static partial void NotSubscribed(ILogger log, string channel, RedisEndpoint endpoint, string reason);
}
