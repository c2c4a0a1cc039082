// An actor from the inside: its reference, instance, mailbox and what it has made of the lazily made rest. How it lives
// and fails is in the other ActorCell files. All but TryTell, SendSystem and the other Tells runs on the actor's turn alone.

namespace Gateway.Actors.Kernel;

internal sealed partial class ActorCell : ActorRef
{
    private readonly Mailbox _mailbox;
    private readonly ActorContext _context;
    private readonly Props _props;
    private Actor? _actor;
    private object? _message;
    private Children? _children;
    private DeathWatch? _watching;
    private ActorTimers? _timers;
    private Queue<Envelope>? _stash;

    public ActorCell(ActorSystem system, Props props, ActorCell? parent, string name)
    {
        System = system;
        Parent = parent;
        Name = name;
        _props = props;
        _context = new ActorContext(this);
        _mailbox = new Mailbox(this, props.Mailbox.Capacity ?? int.MaxValue);
    }

    public ActorSystem System { get; }

    public ActorCell? Parent { get; }

    public string Name { get; }

    public override string Path => Parent is null ? "/" + Name : Parent.Path + "/" + Name;

    public ActorRef? Sender { get; private set; }

    public Action<object>? Behavior { get; set; }

    public IReadOnlyCollection<ActorRef> ChildRefs => _children?.All ?? [];

    public DeathWatch Watching => _watching ??= new DeathWatch(this);

    public ActorTimers Timers => _timers ??= new ActorTimers(this);

    public override TellOutcome TryTell(object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _mailbox.Post(message, sender);
    }

    /// <summary>For what the actor itself asked for: the mailbox's bound does not refuse it.</summary>
    public void TellUnbounded(object message, ActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        var outcome = _mailbox.Post(message, sender, bounded: false);
        if (outcome != TellOutcome.Accepted)
            Refused(message, sender, outcome);
    }

    /// <summary>A timer that goes off at an actor that has ended is no one's loss.</summary>
    public void PostTimer(TimerElapsed elapsed) => _mailbox.Post(elapsed, this, bounded: false);

    public ActorRef? FindChild(string name) => _children?.Find(name);

    public ActorRef Spawn(Props props, string? name)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (_phase is Phase.Terminating or Phase.Ended)
            throw new InvalidOperationException($"{Path} is stopping and can't have more children.");
        _children ??= new Children();
        if (name is not null)
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var child = new ActorCell(System, props, this, name ?? _children.NextName());
        if (!_children.TryAdd(child))
            throw new InvalidOperationException($"{Path} has a child named '{name}' that is alive.");
        System.Counters.ActorSpawned();
        child.SendSystem(new Create());
        return child;
    }

    public void StopOwn(ActorRef actor)
    {
        if (actor == this)
            SendSystem(new Terminate());
        else if (actor is ActorCell child && child.Parent == this)
            _children?.Stop(child);
        else
            throw new InvalidOperationException($"{Path} may stop its children and itself, not {actor}.");
    }

    public StashOutcome StashCurrent()
    {
        if (_message is null)
            throw new InvalidOperationException("There is no message to stash, or it is stashed already.");
        var envelope = new Envelope(_message, Sender);
        _stash ??= new Queue<Envelope>();
        if (_stash.Count >= _props.Mailbox.StashCapacity)
        {
            System.PublishDeadLetter(envelope.Message, envelope.Sender, this, DeadLetterReason.StashFull);
            return StashOutcome.Full;
        }

        _stash.Enqueue(envelope);
        _message = null;
        return StashOutcome.Stashed;
    }

    public void UnstashAll()
    {
        if (_stash is null || _stash.Count == 0)
            return;
        _mailbox.Prepend(_stash);
        _stash = null;
    }

    public void Unhandled(object message) => System.PublishDeadLetter(message, Sender, this, DeadLetterReason.Unhandled);

    /// <summary>Handles one user message; what the actor throws becomes its failure.</summary>
    public void Invoke(in Envelope envelope)
    {
        var message = envelope.Message;
        if (message is InnerMessage inner)
        {
            if (inner.Unwrap(this) is not { } unwrapped)
                return;
            message = unwrapped;
        }
        else if (message is PoisonPill)
        {
            SendSystem(new Terminate());
            return;
        }

        _message = message;
        Sender = envelope.Sender;
        try
        {
            if (Behavior is null)
                _actor!.OnReceive(message);
            else
                Behavior(message);
        }
        catch (Exception e)
        {
            Fail(e, message, FailurePlace.Receive);
        }

        _message = null;
        Sender = null;
    }

    internal override bool SendSystem(SystemMessage message) => _mailbox.PostSystem(message);

    internal override void Refused(object message, ActorRef? sender, TellOutcome outcome) =>
        System.PublishDeadLetter(
            message, sender, this, outcome == TellOutcome.Full ? DeadLetterReason.MailboxFull : DeadLetterReason.Stopped);
}
