// One operation of a session at a time on this node, in the order they came: each is several calls, and none may see another half done.
// An entry lives as long as somebody is in it or waits.

namespace Gateway.Actors.Engine.Redis;

internal sealed class SessionLanes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    public async ValueTask<Turn> Enter(string sessionId)
    {
        Lane? lane;
        lock (_gate)
        {
            if (!_lanes.TryGetValue(sessionId, out lane))
                _lanes[sessionId] = lane = new Lane();
            lane.Users++;
        }

        await lane.Gate.WaitAsync().ConfigureAwait(false);
        return new Turn(this, sessionId, lane);
    }

    private void Exit(string sessionId, Lane lane)
    {
        lane.Gate.Release();
        lock (_gate)
        {
            if (--lane.Users == 0)
                _lanes.Remove(sessionId);
        }
    }

    internal sealed class Lane
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Users { get; set; }
    }

    internal readonly struct Turn(SessionLanes lanes, string sessionId, Lane lane) : IDisposable
    {
        public void Dispose() => lanes.Exit(sessionId, lane);
    }
}
