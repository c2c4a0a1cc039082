// What a supervisor decides about a child that failed.

namespace Gateway.Actors.Kernel;

public enum Directive
{
    /// <summary>Go on with the same instance; the failing message is not tried again.</summary>
    Resume,

    /// <summary>Replace the instance; the mailbox, the reference and the watchers stay.</summary>
    Restart,

    Stop,

    /// <summary>Fail oneself, and let one's own supervisor decide.</summary>
    Escalate,
}
