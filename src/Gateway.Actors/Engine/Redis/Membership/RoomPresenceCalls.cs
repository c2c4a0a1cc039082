// The functions on a room's presence, each one call on the room's partition. Here too what an answer means for what this node holds.

using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class RoomPresenceCalls(MemberCore core)
{
    /// <summary>No list of users is wanted.</summary>
    public const int NoUsers = -1;

    public async ValueTask<(EngineStatus Status, RedisReply Reply)> Join(
        string owner, string userId, SessionKey session, string name, RoomName room, bool silent, int userLimit)
    {
        var partition = core.Keys.Of(room);
        var keys = partition.Room(room);
        var reply = await core.Calls.Call(
            partition, "gw1_presence_join",
            [keys.Presence, keys.PresenceLog, keys.Channel, partition.Hot, partition.Rooms, partition.Own, partition.Grace, partition.Lease],
            [owner, room.Value, userId, session.Id, Number(session.Fence), name, silent ? "1" : "0", Number(userLimit)]).ConfigureAwait(false);
        core.CheckName(owner, partition);
        if (reply.IsError)
            return (core.Failed(partition, reply), reply);
        return reply[0].Text switch
        {
            "ok" => (EngineStatus.Ok, reply),
            "stale" => (EngineStatus.Stale, reply),
            _ => (core.Fenced(partition), reply),
        };
    }

    /// <summary>At once, for a reason.</summary>
    public ValueTask<EngineStatus> Leave(string userId, SessionKey session, RoomName room, LeaveReason reason) =>
        Leave(userId, session.Id, room, Number(session.Fence), "", Letter(reason), "");

    /// <summary>The grace period begins now.</summary>
    public ValueTask<EngineStatus> Fade(string userId, SessionKey session, RoomName room) =>
        Leave(userId, session.Id, room, Number(session.Fence), "", "", "");

    /// <summary>The grace period begins, counted from a time of the room's partition or from now, if the owner still has it.</summary>
    public ValueTask<EngineStatus> FadeOf(string owner, string userId, string sessionId, RoomName room, string at) =>
        Leave(userId, sessionId, room, "", owner, "", at);

    /// <summary>Ends the grace period if it is over; an empty deadline is whichever it is.</summary>
    public async ValueTask<EngineStatus> Due(string userId, string sessionId, RoomName room, string deadline)
    {
        var partition = core.Keys.Of(room);
        var keys = partition.Room(room);
        var reply = await core.Calls.Call(
            partition, "gw1_presence_due",
            [keys.Presence, keys.PresenceLog, keys.Channel, partition.Hot, partition.Grace],
            [room.Value, userId, sessionId, deadline]).ConfigureAwait(false);
        return RedisLink.StatusOf(reply);
    }

    public async ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit)
    {
        var partition = core.Keys.Of(room);
        var reply = await core.Calls.Call(
            partition, "gw1_presence_who", [partition.Room(room).Presence], [Number(userLimit)]).ConfigureAwait(false);
        return reply.IsError
            ? (RedisLink.StatusOf(reply), null!)
            : (EngineStatus.Ok, PresenceReply.Parse(reply, userLimit, alreadyThere: false));
    }

    private async ValueTask<EngineStatus> Leave(
        string userId, string sessionId, RoomName room, string fence, string owner, string reason, string at)
    {
        var partition = core.Keys.Of(room);
        var keys = partition.Room(room);
        var reply = await core.Calls.Call(
            partition, "gw1_presence_leave",
            [keys.Presence, keys.PresenceLog, keys.Channel, partition.Hot, partition.Own, partition.Grace],
            [room.Value, userId, sessionId, fence, owner, reason, at, Number(core.Options.GraceMs)]).ConfigureAwait(false);
        return reply.IsError ? core.Failed(partition, reply) : EngineStatus.Ok;
    }

    private static string Letter(LeaveReason reason) => reason switch
    {
        LeaveReason.Left => "L",
        LeaveReason.Kicked => "K",
        _ => "T",
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
