// The rooms in memory: opened from the journal when touched, sealed and dropped when nobody needs them. Owned by the writer
// thread; other threads only look up views.

using System.Collections.Concurrent;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class RoomTable
{
    private readonly Journal _journal;
    private readonly EmbeddedOptions _options;
    private readonly TailBudget _budget;
    private readonly List<Run> _runs;
    private readonly Run _run;
    private readonly Lineage _everyRun;
    private readonly Dictionary<RoomName, RoomLedger> _ledgers = [];
    private readonly ConcurrentDictionary<RoomName, RoomView> _views = new();
    private readonly LinkedList<RoomLedger> _recency = [];
    private readonly List<RoomLedger> _changed = [];
    private long _lastNumber;

    /// <param name="runs">All that are known; the last is the one under way.</param>
    /// <param name="lastNumber">The highest number of a room.</param>
    public RoomTable(Journal journal, EmbeddedOptions options, List<Run> runs, long lastNumber, long count)
    {
        _journal = journal;
        _options = options;
        _budget = new TailBudget(options.TailEvents, options.TailBytes, options.AllTailsBytes);
        _runs = runs;
        _run = runs[^1];
        _everyRun = Lineage.Empty.With(runs.SkipLast(1).Select(run => run.Id), 0);
        _lastNumber = lastNumber;
        Count = count;
    }

    /// <summary>Rooms that have a row.</summary>
    public long Count { get; private set; }

    public bool IsFull => Count >= _options.MaxRooms;

    public IEnumerable<RoomLedger> Loaded => _recency;

    public RoomView? View(RoomName room) => _views.TryGetValue(room, out var view) ? view : null;

    public RoomLedger Open(RoomName room)
    {
        if (_ledgers.TryGetValue(room, out var ledger))
        {
            _recency.Remove(ledger.Recency!);
            _recency.AddLast(ledger.Recency!);
            return ledger;
        }

        var policy = _options.Namespaces.Find(room) ?? NamespacePolicy.Chat;
        ledger = _journal.Rooms.Get(room.Value) is { } row
            ? FromRow(room, policy, row)
            : new RoomLedger(room, policy) { Epoch = _run.Id, Lineage = _everyRun };
        ledger.View = new RoomView(room, ledger.State, _budget);
        ledger.Recency = _recency.AddLast(ledger);
        _ledgers[room] = ledger;
        _views[room] = ledger.View;
        return ledger;
    }

    /// <summary>Before a write to the room: its row must bear this run's epoch and be unsealed.</summary>
    public void Unseal(RoomLedger ledger)
    {
        if (!ledger.IsChanged)
        {
            ledger.IsChanged = true;
            _changed.Add(ledger);
        }

        _journal.BeginIfNeeded();
        if (ledger.RowIsCurrent)
            return;
        if (ledger.Number == 0)
        {
            ledger.Number = ++_lastNumber;
            Count++;
        }

        ledger.RowIsCurrent = true;
        Save(ledger);
    }

    public void Save(RoomLedger ledger)
    {
        _journal.BeginIfNeeded();
        _journal.Rooms.Put(ledger.Row(_run.Number, isSealed: false));
    }

    public IdWindow Ids(RoomLedger ledger, long now)
    {
        if (ledger.Ids is { } known)
            return known;
        var window = new IdWindow((long)_options.IdempotencyWindow.TotalMilliseconds, _options.IdsPerRoom, ledger.IdsFirst);
        if (ledger.Number > 0)
        {
            foreach (var id in _journal.Ids.List(ledger.Room.Value, ledger.Number, ledger.IdsFirst, ledger.OpenedSealed ? ledger.IdsLast : null))
                window.Append(id);
        }

        window.Purge(now);
        return ledger.Ids = window;
    }

    public Dictionary<(string User, ReceiptStatus Status), long> Cursors(RoomLedger ledger)
    {
        if (ledger.Cursors is { } known)
            return known;
        var cursors = ledger.Number == 0 ? [] : _journal.Cursors.List(ledger.Room.Value, ledger.Number, ledger.OpenedSealed ? ledger.CursorCount : null);
        ledger.CursorCount = cursors.Count;
        return ledger.Cursors = cursors.ToDictionary(cursor => (cursor.UserId, cursor.Status), cursor => cursor.Seq);
    }

    /// <summary>Reads the newest events into memory, for a room that is about to be listened to.</summary>
    public void Warm(RoomLedger ledger)
    {
        if (ledger.Number == 0 || ledger.First > ledger.Top || ledger.IsChanged || ledger.View.HasTail)
            return;
        var events = new List<RoomEvent>();
        var from = Math.Max(ledger.First, ledger.Top - _budget.EventsPerRoom + 1);
        _journal.Events.Walk(ledger.Room, ledger.Number, from, ledger.Top, upwards: true, stored =>
        {
            events.Add(stored);
            return true;
        });
        if (events.Count == ledger.Top - from + 1)
            ledger.View.Advance(ledger.State, events, anew: true);
    }

    /// <summary>Drops what is too much in memory, the longest untouched first; a few at a time.</summary>
    public void Relieve(Func<RoomName, bool> isListenedTo)
    {
        var excess = Math.Min(_ledgers.Count - _options.IdleRooms, 256);
        for (var node = _recency.First; node is not null && (excess-- > 0 || _budget.IsExceeded);)
        {
            var ledger = node.Value;
            node = node.Next;
            if (ledger.IsChanged)
                continue;
            ledger.View.ClearTail();
            if (!isListenedTo(ledger.Room))
                Drop(ledger);
        }
    }

    /// <summary>Says in its row that the numbers are exact.</summary>
    public void Seal(RoomLedger ledger)
    {
        if (!ledger.RowIsCurrent)
            return;
        if (!ledger.OpenedSealed)
        {
            // What was not read in this opening is exact only if the row said so.
            Ids(ledger, long.MinValue / 2);
            Cursors(ledger);
        }

        ledger.IdsLast = ledger.Ids?.Last ?? ledger.IdsLast;
        _journal.BeginIfNeeded();
        _journal.Rooms.Put(ledger.Row(_run.Number, isSealed: true));
        ledger.RowIsCurrent = false;
        ledger.OpenedSealed = true;
    }

    /// <summary>After the commit: readers see what the batch changed.</summary>
    public void Commit()
    {
        foreach (var ledger in _changed)
            ledger.Commit();
        _changed.Clear();
    }

    private void Drop(RoomLedger ledger)
    {
        try
        {
            Seal(ledger);
        }
        catch (JournalDamagedException)
        {
            // It stays unsealed; whoever touches the damaged part is told.
        }

        _recency.Remove(ledger.Recency!);
        _ledgers.Remove(ledger.Room);
        _views.TryRemove(ledger.Room, out _);
    }

    private RoomLedger FromRow(RoomName room, NamespacePolicy policy, in RoomRow row)
    {
        var (first, last) = _journal.Events.Ends(room, row.Number);
        var top = Math.Max(row.Top, last);
        var hasEvents = row.First <= top;
        if ((row.Sealed && top != row.Top) || (hasEvents ? first != row.First || last != top : last != 0))
            throw new JournalDamagedException($"{_journal.File.Path}: table events, room {room}: seq {row.First} to {row.Top} expected, {first} to {last} found.");

        var ofThisRun = row.Run == _run.Number;
        var lineage = Lineage.Parse(row.Lineage);
        var run = row.Run;
        return new RoomLedger(room, policy)
        {
            Number = row.Number,
            Epoch = ofThisRun ? row.Epoch : _run.Id,
            // Runs in which the room was not written to were its epochs too, and lost nothing of it.
            Lineage = ofThisRun ? lineage : lineage.With(
                _runs.SkipLast(1).Where(known => known.Number > run).Select(known => known.Id).Prepend(row.Epoch), top),
            First = row.First,
            Top = top,
            IdsFirst = row.IdsFirst,
            IdsLast = row.IdsLast,
            CursorCount = row.Cursors,
            OpenedSealed = row.Sealed,
        };
    }
}
