// The membership's life-cycle events, one line each.

using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

internal static partial class MemberLog
{
    [LoggerMessage(1, LogLevel.Error, "A listener of the engine threw.")]
    public static partial void ListenerFailed(ILogger log, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "This node's lease ran out; it goes on as {Name} and brings {Sessions} sessions again.")]
    public static partial void Fenced(ILogger log, string name, int sessions);

    [LoggerMessage(3, LogLevel.Warning, "Redis is lost since {Since:O}.")]
    public static partial void Lost(ILogger log, DateTimeOffset since);

    [LoggerMessage(4, LogLevel.Information, "Redis is back.")]
    public static partial void Back(ILogger log);

    [LoggerMessage(5, LogLevel.Information, "Partition {Partition}: brought {Missing} entries again, gave up {Extra}.")]
    public static partial void Repaired(ILogger log, int partition, int missing, int extra);
}
