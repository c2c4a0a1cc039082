// The base of every actor. Everything here runs on the actor's own turn, one message at a time: no locks, no waiting.

namespace Gateway.Actors.Kernel;

public abstract class Actor
{
    private ActorContext? _context;

    /// <summary>Set once the instance is made: not to be used in a constructor.</summary>
    protected ActorContext Context =>
        _context ?? throw new InvalidOperationException("An actor's context can be used from PreStart on, not in its constructor.");

    protected ActorRef Self => Context.Self;

    /// <summary>Who sent the current message; the dead letters where it named no one.</summary>
    protected ActorRef Sender => Context.Sender;

    /// <summary>Decides about this actor's children.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy => SupervisorStrategy.Default;

    internal SupervisorStrategy Strategy => SupervisorStrategy;

    protected abstract void Receive(object message);

    /// <summary>Makes the message a dead letter with its reason.</summary>
    protected void Unhandled(object message) => Context.Unhandled(message);

    protected virtual void PreStart()
    {
    }

    protected virtual void PostStop()
    {
    }

    /// <summary>On the failed instance, before it is replaced. Stops the children and calls <see cref="PostStop"/>.</summary>
    /// <param name="reason">What it failed with.</param>
    /// <param name="message">What it failed at; null where that was no message.</param>
    protected virtual void PreRestart(Exception reason, object? message)
    {
        foreach (var child in Context.Children)
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    /// <summary>On the new instance. Calls <see cref="PreStart"/>.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    internal void Attach(ActorContext context) => _context = context;

    internal void OnReceive(object message) => Receive(message);

    internal void OnStart() => PreStart();

    internal void OnStopped() => PostStop();

    internal void BeforeRestart(Exception reason, object? message) => PreRestart(reason, message);

    internal void AfterRestart(Exception reason) => PostRestart(reason);
}
