// The newest stored events of a room, so that a member who has nearly caught up can be served without asking the engine.

using Gateway.Protocol;

namespace Gateway.Actors.Rooms;

internal sealed class RecentEvents
{
    /// <summary>About what is stored in a room at full load between two pages of a client that reads well.</summary>
    private const int MaxEvents = 256;

    private const int MaxBytes = 128 * 1024;

    private readonly Queue<RoomEvent> _events = new();
    private int _bytes;

    public void Add(RoomEvent roomEvent)
    {
        _events.Enqueue(roomEvent);
        _bytes += roomEvent.ApproximateBytes;
        while (_events.Count > MaxEvents || (_bytes > MaxBytes && _events.Count > 1))
            _bytes -= _events.Dequeue().ApproximateBytes;
    }

    public void Clear()
    {
        _events.Clear();
        _bytes = 0;
    }

    /// <summary>Whether every event above the position is here.</summary>
    public bool Covers(long position) => _events.TryPeek(out var first) && first.Seq <= position + 1;

    /// <summary>What follows the position, at most so many and about so many bytes, but at least one.</summary>
    public IEnumerable<RoomEvent> After(long position, int maxEvents, int maxBytes)
    {
        foreach (var roomEvent in _events)
        {
            if (roomEvent.Seq <= position)
                continue;
            yield return roomEvent;
            maxBytes -= roomEvent.ApproximateBytes;
            if (--maxEvents <= 0 || maxBytes <= 0)
                yield break;
        }
    }
}
