// What the kernel's actors say to each other beside user messages: life cycle, supervision and death watch. They are linked
// into the recipient's system lane through Next, so an instance is sent once, to one recipient.

namespace Gateway.Actors.Kernel;

internal abstract class SystemMessage
{
    public SystemMessage? Next;
}

/// <summary>Make the instance and start it; always an actor's first.</summary>
internal sealed class Create : SystemMessage;

/// <summary>Stop after the children have.</summary>
internal sealed class Terminate : SystemMessage;

/// <summary>Hold the user lane, the children's too: the parent is failing.</summary>
internal sealed class Suspend : SystemMessage;

/// <summary>Undo one Suspend, or (OwnFailure) go on after a failure with the instance as it is.</summary>
internal sealed class Resume(bool ownFailure) : SystemMessage
{
    public bool OwnFailure { get; } = ownFailure;
}

/// <summary>Replace the instance.</summary>
internal sealed class Restart(Exception reason, object? message) : SystemMessage
{
    public Exception Reason { get; } = reason;

    public object? Message { get; } = message;
}

/// <summary>From a child that holds its user lane until its supervisor has decided.</summary>
internal sealed class ChildFailed(ActorCell child, Exception reason, object? message, FailurePlace place) : SystemMessage
{
    public ActorCell Child { get; } = child;

    public Exception Reason { get; } = reason;

    public object? Message { get; } = message;

    public FailurePlace Place { get; } = place;
}

internal sealed class ChildEnded(ActorCell child) : SystemMessage
{
    public ActorCell Child { get; } = child;
}

/// <summary>To the guardian: a top-level actor was spawned from outside.</summary>
internal sealed class Adopt(ActorCell child) : SystemMessage
{
    public ActorCell Child { get; } = child;
}

internal sealed class Watch(ActorRef watcher) : SystemMessage
{
    public ActorRef Watcher { get; } = watcher;
}

internal sealed class Unwatch(ActorRef watcher) : SystemMessage
{
    public ActorRef Watcher { get; } = watcher;
}

/// <summary>To a watcher: the watched actor has ended.</summary>
internal sealed class WatchedEnded(ActorRef actor) : SystemMessage
{
    public ActorRef Actor { get; } = actor;
}
