// A clock that stands still until a test moves it. Timers fire on the thread that advances, in the order in which they are due,
// each at its own instant. Thread-safe, since code under test may read it from anywhere.

namespace Gateway.TestKit;

public sealed class VirtualTime : TimeProvider
{
    private const int MaxTimersAnAdvance = 1_000_000;

    private readonly Lock _lock = new();
    private readonly SortedSet<VirtualTimer> _armed = new(VirtualTimer.ByDue);
    private readonly DateTimeOffset _start;
    private long _ticks;
    private long _nextOrder;

    public VirtualTime()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public VirtualTime(DateTimeOffset start) => _start = start;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How long the test has run so far.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    /// <summary>How many timers are armed: none in a system that costs nothing.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
                return _armed.Count;
        }
    }

    /// <summary>When the next timer fires, as a point of <see cref="Elapsed"/>; null: none is armed.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_lock)
                return _armed.Min is { } next ? TimeSpan.FromTicks(next.Due) : null;
        }
    }

    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on by so much, and fires what becomes due on the way.</summary>
    /// <param name="by">Zero fires what is due now.</param>
    /// <param name="afterEach">Runs after each timer: for example what the timer has set in motion.</param>
    public void Advance(TimeSpan by, Action? afterEach = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var target = Volatile.Read(ref _ticks) + by.Ticks;
        for (var fired = 0; TryTakeDue(target) is { } timer; fired++)
        {
            if (fired == MaxTimersAnAdvance)
                throw new InvalidOperationException($"More than {MaxTimersAnAdvance} timers fired on the way to {TimeSpan.FromTicks(target)}: do they re-arm themselves at once?");
            timer.Fire();
            afterEach?.Invoke();
        }
    }

    internal void Arm(VirtualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _armed.Remove(timer);
            timer.Period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime < TimeSpan.Zero)
                return;
            timer.Due = _ticks + dueTime.Ticks;
            timer.Order = _nextOrder++;
            _armed.Add(timer);
        }
    }

    private VirtualTimer? TryTakeDue(long target)
    {
        lock (_lock)
        {
            if (_armed.Min is not { } timer || timer.Due > target)
            {
                Volatile.Write(ref _ticks, Math.Max(target, _ticks));
                return null;
            }

            _armed.Remove(timer);
            Volatile.Write(ref _ticks, Math.Max(timer.Due, _ticks));
            if (timer.Period > 0)
            {
                timer.Due += timer.Period;
                timer.Order = _nextOrder++;
                _armed.Add(timer);
            }

            return timer;
        }
    }
}
