// How long to wait before the next attempt: full jitter under a bound that doubles, so that many nodes do not come back at one instant.

namespace Gateway.Redis.Connections;

internal sealed class Backoff(RedisOptions options, Func<double> jitter)
{
    private int _attempt;

    public void Reset() => _attempt = 0;

    public TimeSpan Next()
    {
        var bound = Math.Min(options.ReconnectMaxMs, options.ReconnectMinMs * Math.Pow(2, ++_attempt));
        var spread = Math.Max(0, bound - options.ReconnectMinMs);
        return TimeSpan.FromMilliseconds(options.ReconnectMinMs + (Math.Clamp(jitter(), 0, 1) * spread));
    }
}
