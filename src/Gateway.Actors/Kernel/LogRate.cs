// Lets so many lines of one kind through a window and counts the rest, so that a flood of failures does not become a flood of logs.

namespace Gateway.Actors.Kernel;

internal sealed class LogRate(TimeProvider time)
{
    public const int Lines = 10;
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _windowStart = time.GetTimestamp();
    private int _lines;
    private long _suppressed;

    /// <param name="suppressed">With true: how many were not let through since the line before.</param>
    public bool TryTake(out long suppressed)
    {
        lock (_lock)
        {
            suppressed = _suppressed;
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(_windowStart, now) >= Window)
                (_windowStart, _lines) = (now, 0);
            if (_lines >= Lines)
            {
                _suppressed++;
                return false;
            }

            _lines++;
            _suppressed = 0;
            return true;
        }
    }
}
