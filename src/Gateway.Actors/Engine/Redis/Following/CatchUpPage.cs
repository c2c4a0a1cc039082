// What a room says to a follower that asks what it missed.

using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Following;

/// <param name="First">The oldest seq that is kept; the top + 1 where none is.</param>
/// <param name="Change">All changes up to this one are in it, where there is no more.</param>
/// <param name="Version">Of presence; 0 where nobody is or lately was there.</param>
/// <param name="Events">None where the room's epoch is not the follower's.</param>
internal sealed record CatchUpPage(
    RoomPosition Position, Lineage Lineage, long First, long Change, long Version, bool More,
    IReadOnlyList<RoomEvent> Events, IReadOnlyList<RoomPush> Presence, IReadOnlyList<CursorMoved> Cursors)
{
    private const int Head = 10;

    /// <summary>Null where it is no such answer.</summary>
    public static CatchUpPage? Read(RoomName room, in RedisReply reply)
    {
        if (reply.Count < Head)
            return null;
        var (events, presence, cursors) = (new RoomEvent[reply[7].Integer], new List<RoomPush>(), new List<CursorMoved>());
        if (reply.Count != Head + (4 * events.Length) + reply[8].Integer + (2 * reply[9].Integer))
            return null;
        for (var i = 0; i < events.Length; i++)
        {
            if (StreamEntry.Read(room, reply, Head + (4 * i)) is not { } stored)
                return null;
            events[i] = stored;
        }

        var at = Head + (4 * events.Length);
        for (var i = 0; i < reply[8].Integer; i++, at++)
        {
            if (RoomPush.ReadPresence(0, reply[at].Blob) is { } change)
                presence.Add(change);
        }

        for (var i = 0; i < reply[9].Integer; i++, at += 2)
        {
            if (RoomPush.ReadCursor(reply[at].Text, reply[at + 1].Integer) is { } cursor)
                cursors.Add(cursor);
        }

        return new CatchUpPage(
            new RoomPosition(reply[0].Text, reply[1].Integer), Lineage.Parse(reply[2].Text), reply[3].Integer, reply[4].Integer,
            reply[5].Integer, reply[6].Integer != 0, events, presence, cursors);
    }
}
