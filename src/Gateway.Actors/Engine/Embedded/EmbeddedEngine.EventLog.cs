// The embedded engine's rooms as logs. Ephemeral events and signals go straight to the listener, on the caller's thread; reads are
// answered from memory or on connections of their own.

using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

public sealed partial class EmbeddedEngine
{
    // A room that is dropped from memory and opened anew between the look and the read makes it start anew.
    private const int ReadAttempts = 3;

    public void Publish(Publication publication)
    {
        var policy = _options.Namespaces.Find(publication.Event.Room);
        if (policy is null || (policy.Mode == RoomMode.Latest && !publication.Event.Ephemeral))
        {
            publication.Completed(new PublishOutcome(PublishStatus.Unsupported));
            return;
        }

        if (publication.Event.Ephemeral || policy.Mode == RoomMode.Ephemeral)
        {
            Relay(publication);
            return;
        }

        var work = new PublishWork(publication, _metrics);
        var status = _queue.Add(work, beyondBound: false);
        if (status != EngineStatus.Ok)
            work.Fail(status);
    }

    public ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener) =>
        Ask(state => (EngineStatus.Ok, state.Log.Subscribe(room, listener)), status =>
        {
            _subscriptions.Remove(room, listener);
            return (status, default(RoomPosition));
        });

    public void Unsubscribe(RoomName room, IRoomListener listener)
    {
        var request = new Request<bool>(state => state.Log.Unsubscribe(room, listener), _ => false, inline: _options.Pumped) { WorksWithoutJournal = true };
        _queue.Add(request, beyondBound: true);
    }

    public async ValueTask<HistoryPage> Read(HistoryQuery query)
    {
        for (var attempt = 1; _writer?.Serving is { } state; attempt++)
        {
            var view = state.Rooms.View(query.Room) ?? await OpenView(query.Room).ConfigureAwait(false);
            if (view is null)
                return HistoryPage.Failed(_queue.Count >= _options.QueueCapacity ? EngineStatus.Busy : EngineStatus.Degraded);
            var policy = _options.Namespaces.Find(query.Room);
            var visibleFrom = policy is null ? 0 : _clock.Wall - (long)policy.HistoryTtl.TotalMilliseconds;
            if (view.Read(query, visibleFrom).Page is { } page)
                return page;
            try
            {
                page = _reader is null
                    ? HistoryReader.Read(state.Journal.Events, state.Journal.File.Path, view, query, visibleFrom)
                    : await _reader.Read(view, query, visibleFrom).ConfigureAwait(false);
                return page ?? HistoryPage.Failed(EngineStatus.Busy);
            }
            catch (Exception exception) when (exception is JournalException or JournalDamagedException)
            {
                if (attempt < ReadAttempts && _writer.Serving?.Rooms.View(query.Room) != view)
                    continue;
                EngineLog.Damaged(_log, exception.Message);
                return HistoryPage.Failed(EngineStatus.Degraded);
            }
        }

        return HistoryPage.Failed(EngineStatus.Degraded);
    }

    public ValueTask<EngineStatus> Forget(RoomName room)
    {
        var epoch = NewEpoch();
        return Ask(state => state.Log.Forget(room, epoch));
    }

    public ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room) =>
        Ask(state => state.Log.Describe(room), status => (status, default(RoomSummary)));

    public ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> ListRooms(string? after, int limit) =>
        Ask<(EngineStatus, IReadOnlyList<RoomSummary>)>(state => (EngineStatus.Ok, state.Log.List(after, limit)), status => (status, []));

    public void Signal(RoomName room, RoomSignal signal) => _subscriptions.Find(room)?.Listener.Notify(signal);

    private void Relay(Publication publication)
    {
        var relayed = publication.Event with { Seq = 0, TimestampMs = _clock.Wall, Ephemeral = true };
        _subscriptions.Find(relayed.Room)?.Listener.Notify(new EventRelayed(relayed));
        _metrics.Relayed.Add(1);
        publication.Completed(new PublishOutcome(PublishStatus.Relayed, TimestampMs: relayed.TimestampMs));
    }

    private ValueTask<RoomView?> OpenView(RoomName room) =>
        _options.Pumped
            ? new ValueTask<RoomView?>(_writer!.Serving?.Rooms.Open(room).View)
            : Ask<RoomView?>(state => state.Rooms.Open(room).View, _ => null);
}
