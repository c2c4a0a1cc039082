// The one timing wheel of a system, turned by one timer of its TimeProvider, which is armed only while something waits.
// Any thread may schedule; what is due fires on the timer's thread and must only tell.

namespace Gateway.Actors.Kernel;

/// <summary>
/// 1. Nothing fires early; it fires at most one tick late, beyond what the TimeProvider's timer is late.
/// 2. Entries fire in the order of their due ticks; of one tick, in the order in which they were scheduled.
/// </summary>
public sealed class Scheduler : IDisposable
{
    /// <summary>One turn of 512 ticks of 20 ms is 10 s: a heartbeat's entry is looked at three times before it is due.</summary>
    private const int Slots = 512;

    private readonly Lock _lock = new();
    private readonly TimingWheel _wheel = new(Slots);
    private readonly List<WheelEntry> _due = [];
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly long _tickLength;
    private readonly ITimer _timer;
    private readonly Action<Exception> _onError;
    private long _armedTick = long.MaxValue;
    private bool _firing;
    private bool _disposed;

    internal Scheduler(TimeProvider time, TimeSpan tick, Action<Exception> onError)
    {
        _onError = onError;
        _time = time;
        _origin = time.GetTimestamp();
        _tickLength = Math.Max(1, (long)(tick.TotalSeconds * time.TimestampFrequency));
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many entries wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _wheel.Count;
        }
    }

    /// <summary>Tells the message once after the delay.</summary>
    public ICancelable ScheduleOnce(TimeSpan delay, ActorRef target, object message, ActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(message);
        var entry = new ScheduledTell(this, target, message, sender);
        Add(entry, delay, TimeSpan.Zero);
        return entry;
    }

    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        _timer.Dispose();
    }

    internal void Add(WheelEntry entry, TimeSpan delay, TimeSpan period)
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            entry.PeriodTicks = period > TimeSpan.Zero ? TicksIn(period, 0) : 0;
            _wheel.Add(entry, TicksIn(delay, Elapsed()));
            if (!_firing && entry.DueTick < _armedTick)
                Arm(entry.DueTick);
        }
    }

    internal bool Remove(WheelEntry entry)
    {
        // The timer stays as it is: at worst it goes off once for nothing, which costs less than arming it anew at each cancel.
        lock (_lock)
            return _wheel.Remove(entry);
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_firing || _disposed)
                return;
            _firing = true;
            TakeDue();
        }

        while (_due.Count > 0)
        {
            foreach (var entry in _due)
                Fire(entry);
            lock (_lock)
                TakeDue();
        }
    }

    private void Fire(WheelEntry entry)
    {
        try
        {
            entry.Fire();
        }
        catch (Exception e)
        {
            _onError(e);
        }
    }

    /// <summary>Collects what is due; when nothing is, firing is over and the timer is armed for the next.</summary>
    private void TakeDue()
    {
        _due.Clear();
        var now = Elapsed() / _tickLength;
        _wheel.Advance(now, _due);
        foreach (var entry in _due)
        {
            if (entry.PeriodTicks > 0)
                _wheel.Add(entry, Math.Max(entry.DueTick + entry.PeriodTicks, now + 1));
        }

        if (_due.Count > 0)
            return;
        _firing = false;
        _armedTick = long.MaxValue;
        if (!_disposed && _wheel.NextTick() is { } next)
            Arm(next);
    }

    private void Arm(long tick)
    {
        _armedTick = tick;
        var timestamps = (tick * _tickLength) - Elapsed();
        // Rounded up to whole milliseconds, which is what system timers count: an early one would only come again.
        var milliseconds = Math.Max(1, Math.Ceiling(timestamps * 1000.0 / _time.TimestampFrequency));
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    private long Elapsed() => _time.GetTimestamp() - _origin;

    private long TicksIn(TimeSpan span, long after)
    {
        var timestamps = after + (long)(Math.Max(0, span.TotalSeconds) * _time.TimestampFrequency);
        return Math.Max(1, (timestamps + _tickLength - 1) / _tickLength);
    }
}
