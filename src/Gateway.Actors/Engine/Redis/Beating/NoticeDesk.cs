// What a notice of another node (or of this one) means here: sessions that this node holds are given up, join or leave a room, and the node is
// told. Called under a feed's lock: what needs Redis runs on by itself, in the session's lane, behind whatever is under way there.

using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Redis;

internal sealed class NoticeDesk(MemberCore core, SessionCalls records, RoomPresenceCalls presence)
{
    /// <summary>"T user session fence", "X user session…", "A user room session…", "M user room session…".</summary>
    public void Act(string notice)
    {
        var parts = notice.Split(' ');
        foreach (var part in parts)
            core.Sessions.Touch(part);
        if (parts is ["T", var user, var session, var fence])
            Taken(user, session, long.Parse(fence, CultureInfo.InvariantCulture));
        else if (parts is ["X", var expelled, ..])
            Expelled(expelled);
        else if (parts is ["A", var admitted, var into, ..] && RoomName.TryParse(into, out var entered))
            Admitted(admitted, entered, parts[3..]);
        else if (parts is ["M", var removed, var from, ..] && RoomName.TryParse(from, out var left))
            Removed(removed, left);
    }

    private void Taken(string userId, string sessionId, long fence)
    {
        if (core.Sessions.Take(sessionId, fence) is not null)
            core.Tell(new SessionTaken(userId, sessionId, fence));
    }

    /// <summary>All that this node holds of the user, also what Redis had ended before: their connections are closed now.</summary>
    private void Expelled(string userId)
    {
        foreach (var session in core.Sessions.OfUser(userId))
        {
            if (core.Sessions.Drop(session.Key) is not null)
                _ = EndExpelled(session).AsTask();
        }

        core.Tell(new UserExpelled(userId));
    }

    private void Admitted(string userId, RoomName room, string[] sessions)
    {
        foreach (var id in sessions)
        {
            if (core.Sessions.Find(id) is { } session)
                core.Sessions.AddRoom(session.Key, room);
        }

        core.Tell(new MemberAdmitted(userId, room));
    }

    private void Removed(string userId, RoomName room)
    {
        foreach (var session in core.Sessions.OfUser(userId))
        {
            core.Sessions.RemoveRoom(session.Key, room);
            _ = LeaveRemoved(session, room).AsTask();
        }

        core.Tell(new MemberRemoved(userId, room));
    }

    /// <summary>A join or claim that was under way when the user was expelled has entered rooms after those were cleared, and an audit may have
    /// brought the session again.</summary>
    private async ValueTask EndExpelled(LocalSession session)
    {
        using var turn = await core.Lanes.Enter(session.Id).ConfigureAwait(false);
        var reply = await records.End(session.UserId, session.Key, silent: false).ConfigureAwait(false);
        if (reply.IsError)
            core.WantAudit(core.Keys.OfUser(session.UserId));
        await MemberCore.Each(core.Sessions.RoomsOf(session), async room =>
            await presence.Leave(session.UserId, session.Key, room, LeaveReason.Kicked).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>A join that was under way may have entered the room after the record lost it. Where the session joined anew since, it stays.</summary>
    private async ValueTask LeaveRemoved(LocalSession session, RoomName room)
    {
        using var turn = await core.Lanes.Enter(session.Id).ConfigureAwait(false);
        var reply = await records.HasRoom(session.UserId, session.Key, room).ConfigureAwait(false);
        if (reply.IsError)
            core.Sessions.Doubt(session.Key, room);
        else if (reply[0].Text == "there")
            core.Sessions.AddRoom(session.Key, room);
        else if (reply[0].Text == "ok")
        {
            core.Sessions.RemoveRoom(session.Key, room);
            await presence.Leave(session.UserId, session.Key, room, LeaveReason.Kicked).ConfigureAwait(false);
        }
    }
}
