// When to ping a silent peer and when to give it up. No clock and no timer of its own: it says when it wants to be asked again.

namespace Gateway.Actors.Connections;

internal enum HeartbeatAction
{
    None,
    Ping,

    /// <summary>Nothing came for too long.</summary>
    PeerSilent,

    /// <summary>Nothing could be written for too long.</summary>
    PeerStuck,
}

internal sealed class Heartbeat(NodeOptions options)
{
    private long _pingedFor = long.MinValue;

    /// <param name="lastHeard">When the last byte came.</param>
    /// <param name="stuckSince">Since when nothing that waits could be written, or null.</param>
    public (HeartbeatAction Action, TimeSpan Next) Check(long lastHeard, long? stuckSince, long now, TimeProvider time)
    {
        var silence = time.GetElapsedTime(lastHeard, now);
        var timeout = TimeSpan.FromMilliseconds(options.HeartbeatTimeoutMs);
        var interval = TimeSpan.FromMilliseconds(options.PingMs);
        if (silence >= timeout)
            return (HeartbeatAction.PeerSilent, timeout);

        // Asked often enough that a peer which gets stuck right now is noticed before its time is over.
        var stuckLimit = TimeSpan.FromMilliseconds(options.StuckTimeoutMs);
        var next = Min(interval, stuckLimit / 2);
        if (stuckSince is { } since)
        {
            var stuck = time.GetElapsedTime(since, now);
            if (stuck >= stuckLimit)
                return (HeartbeatAction.PeerStuck, stuckLimit);
            next = Min(next, stuckLimit - stuck);
        }

        if (silence < interval)
            return (HeartbeatAction.None, Min(next, interval - silence));
        next = Min(next, timeout - silence);
        if (_pingedFor == lastHeard)
            return (HeartbeatAction.None, next);
        _pingedFor = lastHeard;
        return (HeartbeatAction.Ping, next);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
