// What one user's connections on this node share: their number and the rate of events. Thread-safe.

namespace Gateway.Actors.Connections;

internal sealed class UserQuota(string userId, TimeProvider time, NodeOptions options)
{
    private readonly Lock _gate = new();
    private TokenBucket _events = new(time.GetTimestamp());
    private FloodMeter _flood;
    private int _connections;
    private bool _gone;

    internal enum Entry
    {
        Entered,
        Full,
        Gone,
    }

    public string UserId { get; } = userId;

    public int Connections => Volatile.Read(ref _connections);

    public Entry TryEnter()
    {
        lock (_gate)
        {
            if (_gone)
                return Entry.Gone;
            if (_connections >= options.ConnectionsPerUser)
                return Entry.Full;
            _connections++;
            return Entry.Entered;
        }
    }

    /// <returns>Whether that was the last one.</returns>
    public bool Leave()
    {
        lock (_gate)
        {
            _gone = --_connections == 0;
            return _gone;
        }
    }

    /// <param name="perSecond">The identity's own rate, where it is above the configured one.</param>
    public Draw DrawEvent(double? perSecond)
    {
        var limit = Math.Max(options.EventsPerSecond, perSecond ?? 0);
        // A raised rate keeps the burst's length in time.
        var burst = options.EventBurst * (limit / options.EventsPerSecond);
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var flooding = _flood.Count(limit, now, time);
            return new Draw(_events.Take(limit, burst, now, time), flooding);
        }
    }
}

/// <param name="Wait">Zero: granted.</param>
internal readonly record struct Draw(TimeSpan Wait, bool Flooding);
