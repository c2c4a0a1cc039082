// The report of one failure: who, why, at which message, and what was decided.

namespace Gateway.Actors.Kernel;

/// <param name="Message">The message that was being handled; null where none was.</param>
public sealed record ActorFailure(ActorRef Actor, Exception Reason, Directive Directive, FailurePlace Place, object? Message);

public enum FailurePlace
{
    Receive,
    Factory,
    PreStart,
    PreRestart,
    PostRestart,
    PostStop,

    /// <summary>A child's failure that its supervisor escalated.</summary>
    Escalated,

    /// <summary>What turns a piped result into a message.</summary>
    Pipe,
}
