// A message that found no one to handle it.

namespace Gateway.Actors.Kernel;

public sealed record DeadLetter(object Message, ActorRef Sender, ActorRef Recipient, DeadLetterReason Reason);

public enum DeadLetterReason
{
    /// <summary>The recipient had ended, or ended before it came to the message.</summary>
    Stopped,

    MailboxFull,
    StashFull,

    /// <summary>The recipient said that it can't handle it.</summary>
    Unhandled,

    /// <summary>Told to the dead letters themselves, as an answer to a message without sender is.</summary>
    NoRecipient,
}
