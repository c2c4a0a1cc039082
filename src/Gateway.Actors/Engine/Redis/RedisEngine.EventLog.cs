// The Redis engine's rooms as logs, and their cursors.

using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Redis;

public sealed partial class RedisEngine : IEventLog
{
    private readonly RedisEvents _events;

    public void Publish(Publication publication) => _events.Publish(publication);

    public ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener) => _events.Subscribe(room, listener);

    public void Unsubscribe(RoomName room, IRoomListener listener) => _events.Unsubscribe(room, listener);

    public ValueTask<HistoryPage> Read(HistoryQuery query) => _events.Read(query);

    public ValueTask<EngineStatus> Forget(RoomName room) => _events.Forget(room);

    public ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room) => _events.Describe(room);

    public ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> ListRooms(string? after, int limit) => _events.ListRooms(after, limit);

    public void Signal(RoomName room, RoomSignal signal) => _events.Signal(room, signal);

    public ValueTask<EngineStatus> MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq) => _events.MoveCursor(room, userId, status, seq);

    public ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> Cursors(RoomName room) => _events.Cursors(room);
}
