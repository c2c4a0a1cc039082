// What an actor can do beside sending. Only for use on the actor's own turn, never from another thread or a continuation.

namespace Gateway.Actors.Kernel;

public sealed class ActorContext
{
    private readonly ActorCell _cell;

    internal ActorContext(ActorCell cell) => _cell = cell;

    public ActorSystem System => _cell.System;

    public TimeProvider Time => _cell.System.Time;

    public ActorRef Self => _cell;

    /// <summary>Who sent the current message; the dead letters where it named no one.</summary>
    public ActorRef Sender => _cell.Sender ?? _cell.System.DeadLetters;

    public ActorRef Parent => _cell.Parent ?? ActorRef.Nobody;

    /// <summary>Those alive, those still stopping too.</summary>
    public IReadOnlyCollection<ActorRef> Children => _cell.ChildRefs;

    /// <summary>All are cancelled when the actor stops or restarts.</summary>
    public ActorTimers Timers => _cell.Timers;

    public ActorRef? Child(string name) => _cell.FindChild(name);

    /// <exception cref="InvalidOperationException">A child of that name is alive, or this actor is stopping.</exception>
    public ActorRef Spawn(Props props, string? name = null) => _cell.Spawn(props, name);

    /// <summary>Stops a child, or Self, after its current message; what waits in its mailbox becomes dead letters.</summary>
    public void Stop(ActorRef actor) => _cell.StopOwn(actor);

    /// <summary>Once <paramref name="other"/> has ended, one <see cref="Terminated"/> arrives; at once when it has already.</summary>
    public void Watch(ActorRef other) => _cell.Watching.Watch(other);

    /// <summary>No <see cref="Terminated"/> arrives after this, not even one that was under way.</summary>
    public void Unwatch(ActorRef other) => _cell.Watching.Unwatch(other);

    /// <summary>Puts the current message aside.</summary>
    public StashOutcome Stash() => _cell.StashCurrent();

    /// <summary>Puts everything stashed back, before all that waits in the mailbox.</summary>
    public void UnstashAll() => _cell.UnstashAll();

    /// <summary>Handles the messages from the next on, in place of Receive; a restart undoes it.</summary>
    public void Become(Action<object> receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        _cell.Behavior = receive;
    }

    public void Unbecome() => _cell.Behavior = null;

    /// <summary>
    /// Tells Self the result once there is one: at once if there is already. The mailbox's bound does not refuse it.
    /// The functions may run on any thread: they must not touch the actor.
    /// </summary>
    public void PipeTo<T>(ValueTask<T> task, Func<T, object> success, Func<Exception, object> failure)
    {
        ArgumentNullException.ThrowIfNull(success);
        ArgumentNullException.ThrowIfNull(failure);
        Pipe.Run(_cell, task, success, failure);
    }

    public void PipeTo(ValueTask task, Func<object> success, Func<Exception, object> failure)
    {
        ArgumentNullException.ThrowIfNull(success);
        ArgumentNullException.ThrowIfNull(failure);
        Pipe.Run(_cell, task, success, failure);
    }

    internal void Unhandled(object message) => _cell.Unhandled(message);
}
