// Reads histories from the journal on connections of their own, off the writer thread. Each read sees a snapshot at least as new
// as the state it was asked with, since that was committed before.

using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class HistoryReader : IDisposable
{
    // A trim between the look at the room and the read makes it start anew; a room at full load is trimmed some hundred times a second.
    private const int Attempts = 50;

    // Between a commit and its being seen in the room's view lie some microseconds, and whatever the scheduler adds.
    private static readonly TimeSpan CommitSeenWithin = TimeSpan.FromMilliseconds(50);

    private readonly string _path;
    private readonly int _bound;
    private readonly SemaphoreSlim _slots;
    private readonly ConcurrentBag<ReadConnection> _idle = [];
    private int _waiting;
    private volatile bool _disposed;

    public HistoryReader(string path, int connections, int bound)
    {
        _path = path;
        _bound = bound;
        _slots = new SemaphoreSlim(connections);
    }

    /// <summary>Null: too many wait already.</summary>
    public async ValueTask<HistoryPage?> Read(RoomView view, HistoryQuery query, long visibleFrom)
    {
        if (Interlocked.Increment(ref _waiting) > _bound)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _slots.WaitAsync().ConfigureAwait(false);
            try
            {
                return await Task.Run(() => ReadOnConnection(view, query, visibleFrom)).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var connection))
            connection.Dispose();
    }

    /// <summary>Reads with the events of any connection.</summary>
    public static HistoryPage Read(EventRows rows, string file, RoomView view, in HistoryQuery query, long visibleFrom)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = view.State;
            try
            {
                return ReadOnce(rows, file, view.Room, state, query, visibleFrom);
            }
            catch (JournalDamagedException) when (attempt < Attempts && SpinWait.SpinUntil(() => view.State.Generation != state.Generation, CommitSeenWithin))
            {
                // Not damaged: the room was trimmed meanwhile.
            }
        }
    }

    private HistoryPage ReadOnConnection(RoomView view, in HistoryQuery query, long visibleFrom)
    {
        if (!_idle.TryTake(out var connection))
            connection = new ReadConnection(_path);
        var healthy = false;
        try
        {
            var page = Read(connection.Events, _path, view, query, visibleFrom);
            healthy = true;
            return page;
        }
        finally
        {
            if (healthy && !_disposed)
                _idle.Add(connection);
            else
                connection.Dispose();
        }
    }

    private static HistoryPage ReadOnce(EventRows rows, string file, RoomName room, RoomState state, in HistoryQuery query, long visibleFrom)
    {
        var plan = HistoryPlan.Of(query, state.Position, state.Lineage);
        var (first, top) = (state.First, state.Position.Top);
        var (from, to) = plan.Upwards ? (Math.Max(plan.From, first), top) : (first, Math.Min(plan.From, top));
        if (from > to)
            return plan.Page(state.Position, [], top + 1, more: false);

        var events = new List<RoomEvent>();
        var (limit, maxBytes) = (query.Limit, query.MaxBytes);
        var bytes = 0;
        var (more, stopped) = (false, false);
        var next = plan.Upwards ? from : to;
        rows.Walk(room, state.Number, from, to, plan.Upwards, stored =>
        {
            if (stored.Seq != next)
                throw new JournalDamagedException($"{file}: table events, room {room}: seq {next} is missing.");
            next += plan.Upwards ? 1 : -1;
            // What is too old is skipped from below, and ends the reading from above.
            if (stored.TimestampMs < visibleFrom && (!plan.Upwards || events.Count == 0))
                return !(stopped = !plan.Upwards);
            bytes += stored.ApproximateBytes;
            more = stopped = events.Count >= limit || (events.Count > 0 && bytes > maxBytes);
            if (!more)
                events.Add(stored);
            return !more;
        });

        if (!stopped && next != (plan.Upwards ? to + 1 : from - 1))
            throw new JournalDamagedException($"{file}: table events, room {room}: seq {next} is missing.");
        if (!plan.Upwards)
            events.Reverse();
        return plan.Page(state.Position, events, events.Count > 0 ? events[0].Seq : top + 1, more);
    }

    private sealed class ReadConnection : IDisposable
    {
        private readonly SqliteFile _file;

        public ReadConnection(string path)
        {
            _file = SqliteFile.Open(path, readOnly: true);
            _file.Execute("PRAGMA busy_timeout=2000");
            Events = new EventRows(_file);
        }

        public EventRows Events { get; }

        public void Dispose()
        {
            Events.Dispose();
            _file.Dispose();
        }
    }
}
