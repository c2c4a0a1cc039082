// The engine's two times, in ms since the Unix epoch. Wall: what events are stamped with; never goes back within a process.
// Steady: for deadlines; runs on from the start however the wall clock is set.

namespace Gateway.Actors.Engine.Embedded;

internal sealed class EngineClock(TimeProvider time)
{
    private readonly long _startedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long _startTimestamp = time.GetTimestamp();
    private long _lastWall;

    public long Steady => _startedAt + (long)time.GetElapsedTime(_startTimestamp).TotalMilliseconds;

    public long Wall
    {
        get
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var last = Interlocked.Read(ref _lastWall);
            while (now > last)
            {
                var seen = Interlocked.CompareExchange(ref _lastWall, now, last);
                if (seen == last)
                    return now;
                last = seen;
            }

            return last;
        }
    }
}
