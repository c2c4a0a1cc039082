// What is committed of a room, for those who read it on other threads: its position and the newest events. The writer thread advances
// it after each commit; readers lock it briefly. Never shows what may yet be rolled back.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

/// <param name="Number">0: the room has no row, hence no event.</param>
/// <param name="Generation">Changes whenever stored events go away.</param>
internal readonly record struct RoomState(long Number, RoomPosition Position, long First, Lineage Lineage, long Generation);

internal sealed class RoomView(RoomName room, RoomState state, TailBudget budget)
{
    private readonly Lock _gate = new();
    private readonly Queue<RoomEvent> _tail = [];
    private RoomState _state = state;
    private long _bytes;

    public RoomName Room { get; } = room;

    public RoomState State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    public bool HasTail
    {
        get
        {
            lock (_gate)
                return _tail.Count > 0;
        }
    }

    /// <param name="added">What was stored since, contiguous to the tail.</param>
    /// <param name="anew">What was stored before is gone.</param>
    public void Advance(RoomState state, IReadOnlyList<RoomEvent> added, bool anew)
    {
        lock (_gate)
        {
            while (_tail.TryPeek(out var oldest) && (anew || oldest.Seq < state.First))
                DropOldest();

            _state = state;
            foreach (var stored in added)
            {
                _tail.Enqueue(stored);
                _bytes += stored.ApproximateBytes;
                budget.Add(stored.ApproximateBytes);
            }

            // A batch may have trimmed events that it stored itself.
            while (_tail.TryPeek(out var trimmed) && trimmed.Seq < state.First)
                DropOldest();
            while (_tail.Count > budget.EventsPerRoom || _bytes > budget.BytesPerRoom)
                DropOldest();
        }
    }

    public void ClearTail()
    {
        lock (_gate)
        {
            while (_tail.Count > 0)
                DropOldest();
        }
    }

    /// <summary>Answers from memory where that is possible; else only gives the state to read the journal by.</summary>
    public (HistoryPage? Page, RoomState State) Read(in HistoryQuery query, long visibleFrom)
    {
        lock (_gate)
            return (TailReader.TryRead(_tail, _state, query, visibleFrom), _state);
    }

    private void DropOldest()
    {
        var bytes = _tail.Dequeue().ApproximateBytes;
        _bytes -= bytes;
        budget.Add(-bytes);
    }
}
