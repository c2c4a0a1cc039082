// What is done to rooms as logs, on the writer thread: store, subscribe, forget, trim, move cursors.

using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class RoomLog(EngineState state)
{
    // Ids leave the journal in lots, so that it costs nothing per event.
    private const int IdLot = 256;

    private string? _sweptTo;

    public PublishOutcome Publish(Publication publication, UInt128 hash)
    {
        var room = publication.Event.Room;
        var now = state.Clock.Wall;
        var ledger = state.Rooms.Open(room);
        var ids = publication.HasClientId ? state.Rooms.Ids(ledger, now) : null;
        if (ids is not null && ids.TryFind(hash, now, out var first))
            return new PublishOutcome(PublishStatus.Stored, first.Seq, ledger.Lineage.EpochOf(first.Seq) ?? ledger.Epoch, first.At, Duplicate: true);
        if (ledger.Number == 0 && state.Rooms.IsFull)
            return new PublishOutcome(PublishStatus.Busy);

        state.Rooms.Unseal(ledger);
        var stored = publication.Event with { Seq = ledger.Top + 1, Epoch = ledger.Epoch, TimestampMs = now };
        state.Journal.Events.Insert(ledger.Number, stored);
        ledger.Top = stored.Seq;
        ledger.Added.Add(stored);
        if (ids is not null)
        {
            state.Journal.Ids.Insert(ledger.Number, ids.Add(hash, stored.Seq, now));
            ids.Purge(now);
            DropIds(ledger, IdLot);
        }

        if (ledger.Top - ledger.First + 1 > ledger.Policy.HistorySize + NamespacePolicy.HistorySlack)
            Trim(ledger, ledger.Top - ledger.Policy.HistorySize + 1);
        state.Notices.Stored(ledger.Epoch, stored);
        return new PublishOutcome(PublishStatus.Stored, stored.Seq, ledger.Epoch, now);
    }

    public RoomPosition Subscribe(RoomName room, IRoomListener listener)
    {
        var ledger = state.Rooms.Open(room);
        state.Rooms.Warm(ledger);
        state.Notices.Split(room);
        state.Subscriptions.Set(room, new Subscription(listener) { ToldTop = ledger.Top });
        return ledger.Position;
    }

    public bool Unsubscribe(RoomName room, IRoomListener listener)
    {
        var removed = state.Subscriptions.Remove(room, listener);
        if (removed)
            state.Presence.ForgetIfEmpty(room);
        return removed;
    }

    public EngineStatus Forget(RoomName room, string epoch)
    {
        var ledger = state.Rooms.Open(room);
        state.Rooms.Unseal(ledger);
        state.Journal.Events.DropBelow(ledger.Number, long.MaxValue);
        state.Journal.Ids.DropBelow(ledger.Number, long.MaxValue);
        state.Journal.Cursors.DropAll(ledger.Number);
        (ledger.Epoch, ledger.Lineage, ledger.First, ledger.Top) = (epoch, Lineage.Empty, 1, 0);
        (ledger.IdsFirst, ledger.IdsLast, ledger.Ids) = (1, 0, null);
        state.Rooms.Ids(ledger, 0);
        (ledger.Cursors, ledger.CursorCount) = ([], 0);
        ledger.Added.Clear();
        ledger.BegunAnew = true;
        ledger.Generation++;
        state.Rooms.Save(ledger);
        state.Notices.ToRoom(room, new RoomRolled(ledger.Position, GapReason.Reset, 0));
        return EngineStatus.Ok;
    }

    public (EngineStatus, RoomSummary) Describe(RoomName room)
    {
        var summary = Summary(room);
        return summary.Top == 0 && summary.Users == 0 ? (EngineStatus.NotFound, default) : (EngineStatus.Ok, summary);
    }

    public IReadOnlyList<RoomSummary> List(string? after, int limit)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        names.UnionWith(state.Presence.Rooms.Select(room => room.Value).Where(name => string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal).Take(limit));
        var found = 0;
        for (var from = after ?? ""; found < limit;)
        {
            var rows = state.Journal.Rooms.List(from, limit);
            foreach (var row in rows)
            {
                from = row.Name;
                if (Summary(RoomName.Parse(row.Name)).Top > 0 && names.Add(row.Name))
                    found++;
            }

            if (rows.Count < limit)
                break;
        }

        return [.. names.Take(limit).Select(name => Summary(RoomName.Parse(name)))];
    }

    public EngineStatus MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq)
    {
        var ledger = state.Rooms.Open(room);
        seq = Math.Min(seq, ledger.Top);
        if (seq <= 0)
            return EngineStatus.Ok;
        var cursors = state.Rooms.Cursors(ledger);
        var known = cursors.TryGetValue((userId, status), out var former);
        if (known && former >= seq)
            return EngineStatus.Ok;
        if (!known && cursors.Count >= state.Options.MaxCursorsPerRoom)
            return EngineStatus.Busy;
        state.Rooms.Unseal(ledger);
        state.Journal.Cursors.Put(ledger.Number, new ReceiptCursor(userId, status, seq));
        cursors[(userId, status)] = seq;
        ledger.CursorCount = cursors.Count;
        state.Notices.ToRoom(room, new CursorMoved(userId, status, seq));
        return EngineStatus.Ok;
    }

    public IReadOnlyList<ReceiptCursor> Cursors(RoomName room) =>
        [.. state.Rooms.Cursors(state.Rooms.Open(room))
            .Select(cursor => new ReceiptCursor(cursor.Key.User, cursor.Key.Status, cursor.Value))
            .OrderBy(cursor => cursor.UserId, StringComparer.Ordinal).ThenBy(cursor => cursor.Status)];

    /// <summary>Deletes what is too old, a few rooms at a call, in turn.</summary>
    public void Sweep(int rooms)
    {
        var rows = state.Journal.Rooms.List(_sweptTo ?? "", rooms);
        _sweptTo = rows.Count < rooms ? null : rows[^1].Name;
        foreach (var row in rows)
        {
            if (!RoomName.TryParse(row.Name, out var room))
                continue;
            var ledger = state.Rooms.Open(room);
            var now = state.Clock.Wall;
            var visibleFrom = now - (long)ledger.Policy.HistoryTtl.TotalMilliseconds;
            var first = ledger.First;
            state.Journal.Events.Walk(room, ledger.Number, ledger.First, ledger.Top, upwards: true, stored =>
            {
                first = stored.TimestampMs < visibleFrom ? stored.Seq + 1 : stored.Seq;
                return stored.TimestampMs < visibleFrom;
            });
            if (first > ledger.First)
                Trim(ledger, first);
            if (!row.Sealed || row.IdsFirst <= row.IdsLast || ledger.Ids is not null)
            {
                state.Rooms.Ids(ledger, now).Purge(now);
                DropIds(ledger, 1);
            }
        }
    }

    private RoomSummary Summary(RoomName room)
    {
        var ledger = state.Rooms.Open(room);
        var (users, connections) = state.Presence.Count(room);
        return new RoomSummary(room, ledger.Epoch, ledger.Top, ledger.First <= ledger.Top ? ledger.First : 0, users, connections);
    }

    private void Trim(RoomLedger ledger, long first)
    {
        state.Rooms.Unseal(ledger);
        state.Journal.Events.DropBelow(ledger.Number, first);
        ledger.First = first;
        ledger.Generation++;
        state.Rooms.Save(ledger);
    }

    private void DropIds(RoomLedger ledger, int lot)
    {
        if (ledger.Ids!.First - ledger.IdsFirst < lot)
            return;
        state.Rooms.Unseal(ledger);
        state.Journal.Ids.DropBelow(ledger.Number, ledger.Ids.First);
        ledger.IdsFirst = ledger.Ids.First;
        state.Rooms.Save(ledger);
    }
}
