// The reference that stands for "no one": what is told to it is counted and reported. Runs on the teller's thread.

namespace Gateway.Actors.Kernel;

internal sealed class DeadLetterOffice(ActorSystem system) : ActorRef
{
    public override string Path => "/deadLetters";

    public override TellOutcome TryTell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        system.PublishDeadLetter(message, sender, this, DeadLetterReason.NoRecipient);
        return TellOutcome.Accepted;
    }

    internal override bool SendSystem(SystemMessage message) => false;
}
