// A bucket of handshakes: refilled by the second, one second's worth deep. It stands before the token check, which is what costs.

namespace Gateway.Host.Auth;

internal sealed class HandshakeRate(int perSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private double _left = perSecond;
    private long _filled = time.GetTimestamp();

    /// <summary>Always true where there is no limit (0).</summary>
    public bool TryTake()
    {
        if (perSecond <= 0)
            return true;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(perSecond, _left + time.GetElapsedTime(_filled, now).TotalSeconds * perSecond);
            _filled = now;
            if (_left < 1)
                return false;
            _left--;
            return true;
        }
    }
}
