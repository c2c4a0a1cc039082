// A rate with a burst. No clock of its own; the caller brings the time. Not thread-safe.

namespace Gateway.Actors.Connections;

internal struct TokenBucket
{
    private double _tokens;
    private long _at;

    /// <summary>Full, whatever its size turns out to be.</summary>
    public TokenBucket(long now) => (_tokens, _at) = (double.MaxValue, now);

    /// <returns>Zero where it was granted, else how long until it would be.</returns>
    public TimeSpan Take(double perSecond, double burst, long now, TimeProvider time)
    {
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
        if (_tokens >= 1)
        {
            _tokens--;
            return TimeSpan.Zero;
        }

        return TimeSpan.FromSeconds((1 - _tokens) / perSecond);
    }
}
