// One timer of a VirtualTime. Its fields belong to the clock's lock.

namespace Gateway.TestKit;

internal sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
{
    public static readonly Comparer<VirtualTimer> ByDue =
        Comparer<VirtualTimer>.Create((a, b) => (a.Due, a.Order).CompareTo((b.Due, b.Order)));

    private volatile bool _disposed;

    public long Due { get; set; }

    public long Period { get; set; }

    /// <summary>Among timers of one instant, the one armed first fires first.</summary>
    public long Order { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;
        time.Arm(this, dueTime, period);
        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        time.Arm(this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Fire() => callback(state);
}
