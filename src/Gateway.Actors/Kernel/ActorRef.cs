// The address of an actor: the only thing that others hold of it. Any thread may Tell; nothing here waits or runs the actor's code.

namespace Gateway.Actors.Kernel;

/// <summary>
/// 1. Tell never blocks and never throws for what the recipient is or does; a refused message becomes a dead letter.
/// 2. Messages of one sender (thread) to one actor arrive in the order in which they were told.
/// 3. A reference stays valid after its actor stopped: everything told then is refused.
/// </summary>
public abstract class ActorRef
{
    internal ActorRef()
    {
    }

    /// <summary>Swallows everything; watching it answers at once.</summary>
    public static ActorRef Nobody { get; } = new NobodyRef();

    public abstract string Path { get; }

    public void Tell(object message, ActorRef? sender = null)
    {
        var outcome = TryTell(message, sender);
        if (outcome != TellOutcome.Accepted)
            Refused(message, sender, outcome);
    }

    /// <summary>Like <see cref="Tell"/>, but a refusal is the caller's to handle: it makes no dead letter.</summary>
    public abstract TellOutcome TryTell(object message, ActorRef? sender = null);

    public override string ToString() => Path;

    /// <summary>False when the actor has ended; what that means depends on the message and is the sender's to handle.</summary>
    internal abstract bool SendSystem(SystemMessage message);

    internal virtual void Refused(object message, ActorRef? sender, TellOutcome outcome)
    {
    }

    private sealed class NobodyRef : ActorRef
    {
        public override string Path => "/nobody";

        public override TellOutcome TryTell(object message, ActorRef? sender = null) => TellOutcome.Stopped;

        internal override bool SendSystem(SystemMessage message) => false;
    }
}
