// A connection's way into rooms and out of them. Runs on the connection actor's turn; rooms answer with messages.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Actors.Rooms;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class ConnectionRooms(ConnectionCore core, ActorRef rooms, ActorRef self)
{
    private JoinItem? _joining;
    private bool _removedMeanwhile;

    /// <returns>Whether a room was asked: it will answer.</returns>
    public bool Join(JoinItem item)
    {
        if (!item.Admitted && !item.Silent && !core.Require(Rights.Join, item.Room, item.CommandId))
            return false;
        if (core.Options.Namespaces.Find(item.Room) is null)
            return false;
        if (!item.Silent && !core.Rooms.ContainsKey(item.Room) && VisibleRooms() >= core.Options.RoomsPerConnection)
        {
            core.Fail(item.CommandId, ErrorCode.Limit, "You are in as many rooms as a connection may be.", room: item.Room);
            return false;
        }

        if (core.Session is not { } session)
        {
            core.Fail(item.CommandId, EngineStatus.Degraded, item.Room);
            return false;
        }

        var identity = core.Identity!;
        var rights = core.RightsIn(item.Room);
        var member = new Member
        {
            ConnectionId = core.Id,
            UserId = identity.UserId,
            Name = identity.Name,
            Session = session,
            Sink = core.Request.Sink,
            Dialect = core.Request.Dialect,
            Connection = self,
            Acks = item.Acks,
            SeesPresence = rights.HasFlag(Rights.Presence),
            SeesHistory = rights.HasFlag(Rights.History) || item.Silent,
        };
        (_joining, _removedMeanwhile) = (item, false);
        rooms.Tell(new JoinRoom(item.Room, member, item.CommandId, item.Replay, item.Silent), self);
        return true;
    }

    /// <returns>Whether that is what the connection waited for.</returns>
    public bool OnJoined(RoomJoined joined)
    {
        var room = joined.Handle.Room;
        if (_joining is not { } item || item.Room != room)
        {
            // The join was given up.
            joined.Handle.Actor.Tell(new DropMember(core.Id), self);
            return false;
        }

        var known = core.Rooms.TryGetValue(room, out var former);
        core.Rooms[room] = new Membership(joined.Handle, item.Admitted, item.Silent && (known ? former.Hidden : room.IsUserRoom));
        _joining = null;
        if (_removedMeanwhile)
        {
            EndMembership(room);
            OnRemoved(room);
        }

        return true;
    }

    /// <summary>The last seq of each stored room that the client joined, so that it can prove that it missed nothing.</summary>
    public List<RoomHead> Heads()
    {
        List<RoomHead> heads = [];
        foreach (var (room, membership) in core.Rooms)
        {
            if (heads.Count == ProtocolLimits.HeadsPerPong)
                break;
            // A room that was joined silently shows once there is something in it.
            if (membership.Handle.Policy.Mode == RoomMode.Log && (!membership.Hidden || membership.Handle.Head > 0))
                heads.Add(new RoomHead(room, membership.Handle.Head));
        }

        return heads;
    }

    public bool OnRefused(JoinRefused refused)
    {
        if (!refused.StillMember)
            core.Rooms.Remove(refused.Room);
        if (refused.Status == EngineStatus.Stale)
            core.Close(CloseCode.ResumedElsewhere, "this session was resumed elsewhere");
        else
            core.Fail(refused.CommandId, refused.Status, refused.Room);
        var expected = _joining?.Room == refused.Room;
        if (expected)
            _joining = null;
        return expected;
    }

    /// <returns>Whether the room was asked: it will answer with <see cref="RoomLeft"/>.</returns>
    public bool Leave(RoomName room, string? commandId)
    {
        if (!core.Rooms.TryGetValue(room, out var membership))
        {
            core.Fail(commandId, ErrorCode.NotJoined, "You are not in this room.", room: room);
            return false;
        }

        if (membership.Handle.Actor.TryTell(new LeaveRoom(core.Id, commandId), self) != TellOutcome.Stopped)
            return true;
        // The room has failed just now; the engine is told directly.
        EndMembership(room);
        OnLeft(new RoomLeft(room, EngineStatus.Ok, commandId));
        return false;
    }

    public void OnLeft(RoomLeft left)
    {
        if (!left.IsOut)
        {
            core.Fail(left.CommandId, left.Status, left.Room);
            return;
        }

        core.Rooms.Remove(left.Room);
        core.Reply(new Left(left.CommandId, left.Room));
    }

    /// <summary>The backend took the user out of the room; the engine has done it already.</summary>
    public void OnRemoved(RoomName room)
    {
        // The engine may have let it in before or after: it is out, once the room has answered.
        _removedMeanwhile = _joining?.Room == room;
        if (_removedMeanwhile || !core.Rooms.Remove(room, out var membership))
            return;
        membership.Handle.Actor.Tell(new DropMember(core.Id), self);
        core.Reply(new Left(null, room));
    }

    /// <summary>The identity changed: rooms that it no longer allows are left, the others hear what it may see.</summary>
    public void ApplyRights()
    {
        foreach (var (room, membership) in core.Rooms.ToArray())
        {
            var rights = core.RightsIn(room);
            if (membership.Admitted || rights.HasFlag(Rights.Join))
            {
                membership.Handle.Actor.Tell(new MemberRights(core.Id, rights.HasFlag(Rights.Presence)), self);
                continue;
            }

            core.Rooms.Remove(room);
            membership.Handle.Actor.Tell(new DropMember(core.Id), self);
            EndMembership(room);
            core.Fail(null, ErrorCode.Forbidden, "Your new token does not allow this room.", room: room);
        }
    }

    /// <summary>The engine takes the session out of a room that the connection is not in (any more); nobody waits for it.</summary>
    public void EndMembership(RoomName room)
    {
        if (core.Session is { } session && !room.IsUserRoom)
            _ = core.Node.Engine.Leave(session, room, LeaveReason.Left).AsTask();
    }

    /// <summary>The room owes its answer for too long; should it come after all, it is not taken.</summary>
    public bool GiveUp()
    {
        if (_joining is not { } item)
            return false;
        rooms.Tell(new AbandonJoin(item.Room, core.Id), self);
        core.Rooms.Remove(item.Room);
        EndMembership(item.Room);
        core.Fail(item.CommandId, EngineStatus.Unknown, item.Room);
        _joining = null;
        return true;
    }

    public void DropAll()
    {
        foreach (var membership in core.Rooms.Values)
            membership.Handle.Actor.Tell(new DropMember(core.Id), self);
        core.Rooms.Clear();
        if (_joining is { } joining)
            rooms.Tell(new AbandonJoin(joining.Room, core.Id), self);
        _joining = null;
    }

    public void OnSinkHasRoom()
    {
        foreach (var membership in core.Rooms.Values)
            membership.Handle.Actor.Tell(new SinkDrained(core.Id), self);
    }

    private int VisibleRooms()
    {
        var count = 0;
        foreach (var membership in core.Rooms.Values)
            count += membership.Hidden ? 0 : 1;
        return count;
    }
}
