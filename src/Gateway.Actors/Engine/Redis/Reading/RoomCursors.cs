// Receipts: how far each user has got in a room.

using Gateway.Actors.Engine.Redis.Following;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Reading;

internal sealed class RoomCursors(RedisLink link)
{
    public async ValueTask<EngineStatus> Move(RoomName room, string userId, ReceiptStatus status, long seq)
    {
        if (seq <= 0)
            return EngineStatus.Ok;
        var keys = link.Room(room);
        var reply = await link.Call(
            keys.Partition, "gw1_cursor", [keys.Partition.Inc, keys.Partition.Hot, keys.Meta, keys.Cursors],
            room.Value, keys.Channel, userId, status == ReceiptStatus.Read ? "r" : "d", seq, link.Options.MaxCursorsPerRoom).ConfigureAwait(false);
        if (reply.IsError)
            return RedisLink.StatusOf(reply);
        return reply[0].Text == "full" ? EngineStatus.Busy : EngineStatus.Ok;
    }

    public async ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> All(RoomName room)
    {
        var keys = link.Room(room);
        var reply = await link.Client.Call(link.SlotOf(keys.Partition), RedisCommand.Of("HGETALL", keys.Cursors)).ConfigureAwait(false);
        if (reply.IsError)
            return (RedisLink.StatusOf(reply), []);
        var cursors = new List<ReceiptCursor>(reply.Count / 2);
        for (var i = 0; i + 1 < reply.Count; i += 2)
        {
            // "seq change".
            var value = reply[i + 1].Text;
            var space = value.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && long.TryParse(value.AsSpan(0, space), out var seq) && RoomPush.ReadCursor(reply[i].Text, seq) is { } cursor)
                cursors.Add(new ReceiptCursor(cursor.UserId, cursor.Status, cursor.Seq));
        }

        return (EngineStatus.Ok, [.. cursors.OrderBy(cursor => cursor.UserId, StringComparer.Ordinal).ThenBy(cursor => cursor.Status)]);
    }
}
