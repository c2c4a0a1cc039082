// The timers of one actor by key, on its system's wheel. Only for use on the actor's own turn.

namespace Gateway.Actors.Kernel;

/// <summary>
/// 1. A key has at most one timer: starting it again replaces it, and the replaced one's message never arrives, not even when it
///    waits in the mailbox already. The same holds for cancelled ones and for those of an instance before a restart.
/// 2. A timer's message is never refused by the mailbox's bound, and is in the mailbox at most once: a periodic timer skips what
///    the actor is too slow for.
/// </summary>
public sealed class ActorTimers
{
    private readonly ActorCell _cell;
    private readonly Dictionary<object, ActorTimer> _timers = [];

    internal ActorTimers(ActorCell cell) => _cell = cell;

    public void StartSingle(object key, object message, TimeSpan delay) => Start(key, message, delay, TimeSpan.Zero);

    /// <summary>The first time after one interval.</summary>
    public void StartPeriodic(object key, object message, TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        Start(key, message, interval, interval);
    }

    public void Cancel(object key)
    {
        if (_timers.Remove(key, out var timer))
            _cell.System.Scheduler.Remove(timer);
    }

    public void CancelAll()
    {
        foreach (var timer in _timers.Values)
            _cell.System.Scheduler.Remove(timer);
        _timers.Clear();
    }

    public bool IsActive(object key) => _timers.ContainsKey(key);

    /// <summary>Whether that timer may still deliver; a single one may only once.</summary>
    internal bool TryTake(ActorTimer timer)
    {
        if (!_timers.TryGetValue(timer.Key, out var current) || current != timer)
            return false;
        if (timer.PeriodTicks == 0)
            _timers.Remove(timer.Key);
        return true;
    }

    private void Start(object key, object message, TimeSpan delay, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(message);
        Cancel(key);
        var timer = new ActorTimer(_cell, key, message);
        _timers.Add(key, timer);
        _cell.System.Scheduler.Add(timer, delay, period);
    }
}
