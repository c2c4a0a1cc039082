// The embedded engine's log lines: one a life-cycle event, none an event.

using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Embedded;

internal static partial class EngineLog
{
    [LoggerMessage(1, LogLevel.Information, "Journal {Path} open: run {Run}, {Rooms} rooms, {Sessions} sessions, clean stop before: {Clean}.")]
    public static partial void Opened(ILogger log, string path, long run, long rooms, int sessions, bool clean);

    [LoggerMessage(2, LogLevel.Error, "The journal failed: nothing is acknowledged until it takes writes again. {Reason}")]
    public static partial void Lost(ILogger log, string reason);

    [LoggerMessage(3, LogLevel.Warning, "The journal takes writes again: run {Run}.")]
    public static partial void Back(ILogger log, long run);

    [LoggerMessage(4, LogLevel.Debug, "The journal still fails. {Reason}")]
    public static partial void StillLost(ILogger log, string reason);

    [LoggerMessage(5, LogLevel.Error, "Damage in the journal: {Reason}")]
    public static partial void Damaged(ILogger log, string reason);

    [LoggerMessage(6, LogLevel.Error, "A listener of the engine threw.")]
    public static partial void ListenerFailed(ILogger log, Exception exception);

    [LoggerMessage(7, LogLevel.Error, "A fault in the engine's writer; it reloads from the journal.")]
    public static partial void WriterFault(ILogger log, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "The disk has not answered for {Milliseconds} ms.")]
    public static partial void Stalled(ILogger log, int milliseconds);

    [LoggerMessage(9, LogLevel.Information, "Journal closed in order.")]
    public static partial void Closed(ILogger log);
}
