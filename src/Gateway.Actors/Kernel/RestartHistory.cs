// When a child was restarted, as far back as its supervisor's window reaches. Touched on the supervisor's turn alone.

namespace Gateway.Actors.Kernel;

internal sealed class RestartHistory
{
    private readonly Queue<long> _restarts = new();

    /// <summary>Notes a restart now, unless the window already holds as many as are allowed.</summary>
    public bool TryAdd(TimeProvider time, int max, TimeSpan window)
    {
        var now = time.GetTimestamp();
        if (window != Timeout.InfiniteTimeSpan)
        {
            while (_restarts.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) >= window)
                _restarts.Dequeue();
        }

        if (_restarts.Count >= max)
            return false;
        _restarts.Enqueue(now);
        return true;
    }
}
