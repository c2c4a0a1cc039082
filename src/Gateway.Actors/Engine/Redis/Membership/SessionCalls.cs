// The functions on a session's record, each one call on its user's partition.

using System.Globalization;
using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class SessionCalls(MemberCore core)
{
    public ValueTask<RedisReply> Open(string owner, string sessionId, SessionOwner session)
    {
        var partition = core.Keys.OfUser(session.UserId);
        return core.Calls.Call(
            partition, "gw1_session_open", [partition.User(session.UserId), partition.Own, partition.Lease],
            [owner, session.UserId, sessionId, Number(session.ConnectionId), session.Name]);
    }

    public ValueTask<RedisReply> Claim(string owner, string sessionId, SessionOwner session)
    {
        var partition = core.Keys.OfUser(session.UserId);
        return core.Calls.Call(
            partition, "gw1_session_claim",
            [partition.User(session.UserId), partition.Own, partition.Grace, partition.Lease, partition.Notices, partition.NoticesChannel],
            [owner, session.UserId, sessionId, Number(session.ConnectionId), session.Name, Number(core.Options.GraceMs), Number(core.Options.ResumeMs)]);
    }

    /// <summary>Brings a session again as this node has it.</summary>
    /// <param name="isLost">Data was lost: the rooms are these, whatever the record says.</param>
    public ValueTask<RedisReply> Attach(string owner, LocalSession session, IEnumerable<RoomName> rooms, bool isLost)
    {
        var partition = core.Keys.OfUser(session.UserId);
        return core.Calls.Call(
            partition, "gw1_session_attach", [partition.User(session.UserId), partition.Own, partition.Grace, partition.Lease],
            [owner, session.UserId, session.Id, Number(session.Fence), Number(session.ConnectionId), session.Name, string.Join(' ', rooms), isLost ? "1" : "0"]);
    }

    public ValueTask<RedisReply> AddRoom(string userId, SessionKey session, RoomName room) => Rooms(userId, session, "add", room);

    public ValueTask<RedisReply> RemoveRoom(string userId, SessionKey session, RoomName room) => Rooms(userId, session, "remove", room);

    /// <summary>"there" where the record has the room, "ok" where it has not.</summary>
    public ValueTask<RedisReply> HasRoom(string userId, SessionKey session, RoomName room) => Rooms(userId, session, "has", room);

    /// <summary>"ok", fence, owner, rooms; or "none".</summary>
    public ValueTask<RedisReply> State(string userId, string sessionId)
    {
        var partition = core.Keys.OfUser(userId);
        return core.Calls.Call(partition, "gw1_session_state", [partition.User(userId)], [sessionId]);
    }

    public ValueTask<RedisReply> Detach(string userId, SessionKey session) => Detach(userId, session.Id, Number(session.Fence), "", "");

    /// <summary>If the owner still has it, counted from a time of the user's partition or from now.</summary>
    public ValueTask<RedisReply> DetachOf(string owner, string userId, string sessionId, string at) => Detach(userId, sessionId, "", owner, at);

    public ValueTask<RedisReply> End(string userId, SessionKey session, bool silent)
    {
        var partition = core.Keys.OfUser(userId);
        return core.Calls.Call(
            partition, "gw1_session_end", [partition.User(userId), partition.Own, partition.Grace],
            [userId, session.Id, Number(session.Fence), silent ? "1" : "0", Number(core.Options.GraceMs)]);
    }

    public ValueTask<RedisReply> Due(string userId, string sessionId, string deadline)
    {
        var partition = core.Keys.OfUser(userId);
        return core.Calls.Call(partition, "gw1_session_due", [partition.User(userId), partition.Grace], [userId, sessionId, deadline]);
    }

    private ValueTask<RedisReply> Rooms(string userId, SessionKey session, string what, RoomName room)
    {
        var partition = core.Keys.OfUser(userId);
        return core.Calls.Call(
            partition, "gw1_session_rooms", [partition.User(userId)],
            [session.Id, Number(session.Fence), what, room.Value, Number(core.Options.MaxRoomsPerSession)]);
    }

    private ValueTask<RedisReply> Detach(string userId, string sessionId, string fence, string owner, string at)
    {
        var partition = core.Keys.OfUser(userId);
        return core.Calls.Call(
            partition, "gw1_session_detach", [partition.User(userId), partition.Own, partition.Grace],
            [userId, sessionId, fence, owner, at, Number(core.KeepMs)]);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
