// The kernel's log lines: names of types, never what a message holds.

using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Kernel;

internal static partial class KernelLog
{
    // A connection that goes while answers are under way makes some: counted, and of interest only to who looks for a bug.
    [LoggerMessage(1, LogLevel.Debug, "Dead letter {MessageType} to {Recipient}: {Reason} ({Suppressed} not logged before it)")]
    public static partial void DeadLetter(
        ILogger logger, string messageType, ActorRef recipient, DeadLetterReason reason, long suppressed);

    [LoggerMessage(2, LogLevel.Error, "{Actor} failed in {Place} at {MessageType}: {Directive} ({Suppressed} not logged before it)")]
    public static partial void ActorFailed(
        ILogger logger, Exception reason, ActorRef actor, FailurePlace place, string? messageType, Directive directive, long suppressed);

    [LoggerMessage(3, LogLevel.Error, "A callback of the actor system {System} failed")]
    public static partial void CallbackFailed(ILogger logger, Exception reason, string system);
}
