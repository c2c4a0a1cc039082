// How to make an actor: the factory is called again for every restart. Immutable, shared by all actors made from it.

namespace Gateway.Actors.Kernel;

public sealed class Props
{
    private Props(Func<Actor> factory, MailboxOptions mailbox)
    {
        Factory = factory;
        Mailbox = mailbox;
    }

    internal Func<Actor> Factory { get; }

    internal MailboxOptions Mailbox { get; }

    public static Props Create(Func<Actor> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new Props(factory, MailboxOptions.Default);
    }

    public Props WithMailbox(MailboxOptions mailbox)
    {
        ArgumentNullException.ThrowIfNull(mailbox);
        return new Props(Factory, mailbox);
    }
}
