// One timer of an actor: fires on the timer's thread, is taken on the actor's turn.

namespace Gateway.Actors.Kernel;

internal sealed class ActorTimer : WheelEntry
{
    private readonly ActorCell _cell;
    private readonly object _message;
    private readonly TimerElapsed _elapsed;
    private int _inMailbox;

    public ActorTimer(ActorCell cell, object key, object message)
    {
        _cell = cell;
        _message = message;
        _elapsed = new TimerElapsed(this);
        Key = key;
    }

    public object Key { get; }

    public override void Fire()
    {
        if (Interlocked.Exchange(ref _inMailbox, 1) == 0)
            _cell.PostTimer(_elapsed);
    }

    /// <summary>The message, unless the timer was cancelled or replaced meanwhile.</summary>
    public object? Take()
    {
        Volatile.Write(ref _inMailbox, 0);
        return _cell.Timers.TryTake(this) ? _message : null;
    }
}
