// User messages of the kernel itself, told by it and unwrapped on the actor's turn, when they may be void already.

namespace Gateway.Actors.Kernel;

internal abstract class InnerMessage
{
    /// <summary>What the actor is to receive; null: nothing any more.</summary>
    public abstract object? Unwrap(ActorCell cell);
}

internal sealed class WatchEnd(ActorRef other) : InnerMessage
{
    public override object? Unwrap(ActorCell cell) => cell.Watching.TryAcknowledge(other) ? new Terminated(other) : null;
}

/// <summary>A timer went off. Made once a timer: it is in the mailbox at most once, however slow the actor.</summary>
internal sealed class TimerElapsed(ActorTimer timer) : InnerMessage
{
    public override object? Unwrap(ActorCell cell) => timer.Take();
}
