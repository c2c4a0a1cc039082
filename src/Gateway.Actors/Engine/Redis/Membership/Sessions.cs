// What a connection does with its session: open, take over, let go, end, and its rooms. Each operation changes the record first and presence
// after it, in the session's lane; whatever fails in between is found by the audit of the partition.

using System.Buffers;
using System.Security.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class Sessions(MemberCore core, SessionCalls records, RoomPresenceCalls presence)
{
    private const string IdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create(IdLetters);

    /// <summary>132 random bits.</summary>
    private const int IdLength = 22;

    public async ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner)
    {
        var key = new SessionKey(RandomNumberGenerator.GetString(IdLetters, IdLength), 1);
        using var turn = await core.Lanes.Enter(key.Id).ConfigureAwait(false);
        var partition = core.Keys.OfUser(owner.UserId);
        var me = core.Me.Name;
        core.Sessions.Expect(key.Id);
        var reply = await records.Open(me, key.Id, owner).ConfigureAwait(false);
        var isOpen = !reply.IsError && reply[0].Text == "ok";
        if (isOpen)
            core.Sessions.Hold(key, owner, []);
        if (core.Sessions.Arrived(key.Id) && isOpen && !await IsConfirmed(owner.UserId, key).ConfigureAwait(false))
            return (EngineStatus.Stale, default);
        if (reply.IsError)
            return (core.Failed(partition, reply), default);
        switch (reply[0].Text)
        {
            case "ok":
                core.CheckName(me, partition);
                return (EngineStatus.Ok, key);
            case "refused":
                return (EngineStatus.Stale, default);
            default:
                return (core.Fenced(partition), default);
        }
    }

    public async ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner)
    {
        if (sessionId.Length != IdLength || sessionId.AsSpan().ContainsAnyExcept(IdCharacters))
            return (EngineStatus.NotFound, null!);
        using var turn = await core.Lanes.Enter(sessionId).ConfigureAwait(false);
        var partition = core.Keys.OfUser(owner.UserId);
        var me = core.Me.Name;
        core.Sessions.Expect(sessionId);
        var reply = await records.Claim(me, sessionId, owner).ConfigureAwait(false);
        if (!reply.IsError && reply[0].Text == "ok")
            return await TakeOver(me, new SessionKey(sessionId, reply[1].Integer), owner, MemberCore.RoomsIn(reply[2].Text)).ConfigureAwait(false);

        core.Sessions.Arrived(sessionId);
        if (reply.IsError)
            return (core.Failed(partition, reply), null!);
        switch (reply[0].Text)
        {
            case "gone":
                await MemberCore.Each(MemberCore.RoomsIn(reply[1].Text), async room =>
                    await presence.Due(owner.UserId, sessionId, room, "").ConfigureAwait(false)).ConfigureAwait(false);
                return (EngineStatus.NotFound, null!);
            case "none":
                return (EngineStatus.NotFound, null!);
            default:
                return (core.Fenced(partition), null!);
        }
    }

    public async ValueTask<EngineStatus> Detach(SessionKey key)
    {
        if (key.Id is null || core.Sessions.UserOf(key.Id) is not { } userId)
            return EngineStatus.NotFound;
        using var turn = await core.Lanes.Enter(key.Id).ConfigureAwait(false);
        var local = core.Sessions.Drop(key);
        var reply = await records.Detach(userId, key).ConfigureAwait(false);
        var status = StatusOf(core.Keys.OfUser(userId), reply);
        if (status == EngineStatus.Stale)
            return status;
        await EachRoom(local, status, reply, room => presence.Fade(userId, key, room)).ConfigureAwait(false);
        return status;
    }

    public async ValueTask<EngineStatus> End(SessionKey key, LeaveReason reason, bool silent)
    {
        if (key.Id is null || core.Sessions.UserOf(key.Id) is not { } userId)
            return EngineStatus.NotFound;
        using var turn = await core.Lanes.Enter(key.Id).ConfigureAwait(false);
        var local = core.Sessions.Drop(key);
        var reply = await records.End(userId, key, silent).ConfigureAwait(false);
        var status = StatusOf(core.Keys.OfUser(userId), reply);
        if (status == EngineStatus.Stale)
            return status;
        await EachRoom(local, status, reply, room =>
            silent ? presence.Fade(userId, key, room) : presence.Leave(userId, key, room, reason)).ConfigureAwait(false);
        return status;
    }

    public async ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey key, RoomName room, int userLimit)
    {
        if (key.Id is null || core.Sessions.UserOf(key.Id) is not { } userId)
            return (EngineStatus.NotFound, null!);
        using var turn = await core.Lanes.Enter(key.Id).ConfigureAwait(false);
        if (core.Sessions.Find(key) is not { } local)
            return (await StatusOfForeign(userId, key, room).ConfigureAwait(false), null!);

        var wasIn = core.Sessions.IsIn(key, room);
        var reply = await records.AddRoom(userId, key, room).ConfigureAwait(false);
        var status = StatusOf(core.Keys.OfUser(userId), reply);
        if (status != EngineStatus.Ok)
        {
            if (reply.IsError && !wasIn)
                core.Sessions.Doubt(key, room);
            // This node holds it, so Redis has lost it: the next beat brings it back. (Or it was ended just now; word of that is on its way.)
            return (status == EngineStatus.NotFound ? core.Fenced(core.Keys.OfUser(userId)) : status, null!);
        }

        core.Sessions.AddRoom(key, room);
        var (joined, answer) = await presence.Join(core.Me.Name, userId, key, local.Name, room, silent: false, userLimit).ConfigureAwait(false);
        if (joined != EngineStatus.Ok)
        {
            if (joined != EngineStatus.Stale && !wasIn)
                core.Sessions.Doubt(key, room);
            return (joined, null!);
        }

        core.Sessions.Trust(key, room);
        if (core.Sessions.Find(key) is null)
        {
            // Somebody ended or took it meanwhile. Of an ended one nothing may stay in the room; the new owner of one that was taken is there itself.
            var state = await records.State(userId, key.Id).ConfigureAwait(false);
            if (!state.IsError && state[0].Text == "none")
                await presence.Leave(userId, key, room, LeaveReason.Kicked).ConfigureAwait(false);
            return (EngineStatus.Stale, null!);
        }

        return (EngineStatus.Ok, PresenceReply.Parse(answer, userLimit, alreadyThere: reply[0].Text == "there"));
    }

    public async ValueTask<EngineStatus> Leave(SessionKey key, RoomName room, LeaveReason reason)
    {
        if (key.Id is null || core.Sessions.UserOf(key.Id) is not { } userId)
            return EngineStatus.NotFound;
        using var turn = await core.Lanes.Enter(key.Id).ConfigureAwait(false);
        return await LeaveInLane(userId, key, room, reason).ConfigureAwait(false);
    }

    /// <summary>Joins and leaves whose outcome nobody knows are taken back, when Redis is there again.</summary>
    public ValueTask<bool> SettleDoubts(PartitionKeys partition) => MemberCore.EachWhileAnswered(core.Sessions.DoubtsIn(partition.Number), async doubt =>
    {
        using var turn = await core.Lanes.Enter(doubt.Session.Id).ConfigureAwait(false);
        return core.Sessions.IsDoubtful(doubt.Session.Key, doubt.Room)
            ? await LeaveInLane(doubt.Session.UserId, doubt.Session.Key, doubt.Room, LeaveReason.Left).ConfigureAwait(false)
            : EngineStatus.Ok;
    });

    private async ValueTask<EngineStatus> LeaveInLane(string userId, SessionKey key, RoomName room, LeaveReason reason)
    {
        core.Sessions.RemoveRoom(key, room);
        var reply = await records.RemoveRoom(userId, key, room).ConfigureAwait(false);
        var status = StatusOf(core.Keys.OfUser(userId), reply);
        if (status == EngineStatus.Ok)
            status = await presence.Leave(userId, key, room, reason).ConfigureAwait(false);
        if (status is EngineStatus.Ok or EngineStatus.Stale or EngineStatus.NotFound)
            core.Sessions.Trust(key, room);
        else
            core.Sessions.Doubt(key, room);
        return status;
    }

    private async ValueTask<(EngineStatus, ClaimedSession)> TakeOver(string me, SessionKey key, SessionOwner owner, IReadOnlyList<RoomName> rooms)
    {
        if (core.Sessions.Hold(key, owner, rooms))
            core.Tell(new SessionTaken(owner.UserId, key.Id, key.Fence));
        core.CheckName(me, core.Keys.OfUser(owner.UserId));
        // A room that can't be reached now is joined by the audit of its partition; the session is this node's in any case.
        await MemberCore.Each(rooms, async room =>
            await presence.Join(core.Me.Name, owner.UserId, key, owner.Name, room, silent: false, RoomPresenceCalls.NoUsers).ConfigureAwait(false))
            .ConfigureAwait(false);
        var touched = core.Sessions.Arrived(key.Id);
        if (core.Sessions.Find(key) is { } local && (!touched || await IsConfirmed(owner.UserId, key).ConfigureAwait(false)))
            return (EngineStatus.Ok, new ClaimedSession(key, core.Sessions.RoomsOf(local)));
        return await IsTakenSince(owner.UserId, key).ConfigureAwait(false)
            ? (EngineStatus.Ok, new ClaimedSession(key, []))
            : (EngineStatus.NotFound, null!);
    }

    /// <summary>The session was this node's and is another's already: its connection owned it, and is told that it does no more.</summary>
    private async ValueTask<bool> IsTakenSince(string userId, SessionKey key)
    {
        var state = await records.State(userId, key.Id).ConfigureAwait(false);
        if (state.IsError || state[0].Text == "none" || state[1].Integer <= key.Fence)
            return false;
        core.Tell(new SessionTaken(userId, key.Id, state[1].Integer));
        return true;
    }

    /// <summary>A notice came while the session was on its way here. What Redis has of it holds, unless that can't be read now.</summary>
    private async ValueTask<bool> IsConfirmed(string userId, SessionKey key)
    {
        var state = await records.State(userId, key.Id).ConfigureAwait(false);
        if (state.IsError || core.Sessions.Find(key) is not { } local)
            return core.Sessions.Find(key) is not null;
        if (state[0].Text == "none")
        {
            core.Sessions.Drop(key);
            await MemberCore.Each(core.Sessions.RoomsOf(local), async room =>
                await presence.Leave(userId, key, room, LeaveReason.Kicked).ConfigureAwait(false)).ConfigureAwait(false);
            return false;
        }

        if (state[1].Integer > key.Fence)
        {
            core.Sessions.Take(key.Id, state[1].Integer);
            return false;
        }

        var rooms = MemberCore.RoomsIn(state[3].Text);
        foreach (var room in rooms)
            core.Sessions.AddRoom(key, room);
        await MemberCore.Each(core.Sessions.RoomsOf(local).Except(rooms), async room =>
        {
            core.Sessions.RemoveRoom(key, room);
            await presence.Leave(userId, key, room, LeaveReason.Kicked).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return true;
    }

    /// <summary>What a session that is not this node's answers to one who asks for more.</summary>
    private async ValueTask<EngineStatus> StatusOfForeign(string userId, SessionKey key, RoomName room)
    {
        var reply = await records.HasRoom(userId, key, room).ConfigureAwait(false);
        var status = StatusOf(core.Keys.OfUser(userId), reply);
        return status == EngineStatus.Ok ? EngineStatus.Stale : status;
    }

    /// <summary>The rooms of the record, and those that this node knew: after a failure they are all looked at again by the audit.</summary>
    private async ValueTask EachRoom(LocalSession? local, EngineStatus status, RedisReply reply, Func<RoomName, ValueTask<EngineStatus>> act)
    {
        var rooms = new HashSet<RoomName>(local is null ? [] : core.Sessions.RoomsOf(local));
        if (status is EngineStatus.Degraded or EngineStatus.Unknown or EngineStatus.Busy)
        {
            foreach (var room in rooms)
                core.WantAudit(core.Keys.Of(room));
            return;
        }

        if (status == EngineStatus.Ok)
            rooms.UnionWith(MemberCore.RoomsIn(reply[2].Text));
        await MemberCore.Each(rooms, async room => await act(room).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private EngineStatus StatusOf(PartitionKeys partition, in RedisReply reply)
    {
        if (reply.IsError)
            return core.Failed(partition, reply);
        return reply[0].Text switch
        {
            "ok" or "there" => EngineStatus.Ok,
            "stale" => EngineStatus.Stale,
            "full" => EngineStatus.Busy,
            "none" => EngineStatus.NotFound,
            _ => core.Fenced(partition),
        };
    }
}
