// Notices who goes on at many times a limit: so many seconds in a row with at least so many attempts. No clock of its own. Not thread-safe.

namespace Gateway.Actors.Connections;

internal struct FloodMeter
{
    /// <summary>The contract's numbers: ten times a limit for 5 s.</summary>
    public const int Factor = 10;

    private const int Seconds = 5;

    private long _windowStart;
    private int _attempts;
    private int _floodedSeconds;

    /// <returns>True: enough.</returns>
    public bool Count(double limitPerSecond, long now, TimeProvider time)
    {
        var age = time.GetElapsedTime(_windowStart, now);
        if (_windowStart == 0 || age >= TimeSpan.FromSeconds(2))
        {
            (_windowStart, _attempts, _floodedSeconds) = (now, 1, 0);
            return false;
        }

        if (age >= TimeSpan.FromSeconds(1))
        {
            _floodedSeconds = _attempts >= limitPerSecond * Factor ? _floodedSeconds + 1 : 0;
            (_windowStart, _attempts) = (now, 0);
        }

        _attempts++;
        return _floodedSeconds >= Seconds;
    }
}
