// The embedded engine's sessions, presence and cursors: each call becomes a request to the writer.

using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Embedded;

public sealed partial class EmbeddedEngine
{
    public int Partitions => 1;

    public ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner)
    {
        var id = NewSessionId();
        return Ask<(EngineStatus Status, SessionKey Key)>(state => state.Membership.Open(id, owner), status => (status, default), answer => answer.Key);
    }

    public ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner) =>
        Ask<(EngineStatus Status, ClaimedSession Session)>(
            state => state.Membership.Claim(sessionId, owner), status => (status, null!), answer => answer.Session?.Key);

    public ValueTask<EngineStatus> Detach(SessionKey session) =>
        Ask(state => state.Sessions.Detach(session, state.Clock.Steady), status => status, _ => session, beyondBound: true);

    public ValueTask<EngineStatus> End(SessionKey session, LeaveReason reason, bool silent) =>
        Ask(state => state.Sessions.End(session, reason, silent, state.Clock.Steady), status => status, _ => session, beyondBound: true);

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey session, RoomName room, int userLimit) =>
        Ask<(EngineStatus, RoomMembership)>(state => state.Membership.Join(session, room, userLimit), status => (status, null!));

    public ValueTask<EngineStatus> Leave(SessionKey session, RoomName room, LeaveReason reason) =>
        Ask(state => state.Sessions.Leave(session, room, reason, state.Clock.Steady));

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit) =>
        Ask<(EngineStatus, RoomMembership)>(state => (EngineStatus.Ok, state.Presence.Describe(room, userLimit, alreadyThere: false)), status => (status, null!));

    public ValueTask<(EngineStatus Status, UserSummary Summary)> DescribeUser(string userId) =>
        Ask<(EngineStatus, UserSummary)>(state => (EngineStatus.Ok, state.Sessions.Describe(userId)), status => (status, default));

    public ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor) =>
        Ask<(EngineStatus, int)>(state => state.Membership.Expel(userId, refuseFor), status => (status, 0));

    public ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId) =>
        Ask<(EngineStatus, DateTimeOffset?)>(state => (EngineStatus.Ok, state.Membership.RefusedUntil(userId)), status => (status, null));

    public ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room) =>
        Ask<(EngineStatus, int)>(state => (EngineStatus.Ok, state.Membership.Admit(userId, room)), status => (status, 0));

    public ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room) =>
        Ask<(EngineStatus, int)>(state => (EngineStatus.Ok, state.Membership.Remove(userId, room)), status => (status, 0));

    public ValueTask<EngineStatus> MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq) =>
        Ask(state => state.Log.MoveCursor(room, userId, status, seq));

    public ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> Cursors(RoomName room) =>
        Ask<(EngineStatus, IReadOnlyList<ReceiptCursor>)>(state => (EngineStatus.Ok, state.Log.Cursors(room)), status => (status, []));

    public ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat(int partition) =>
        Ask<(EngineStatus, DateTimeOffset?)>(state => (EngineStatus.Ok, state.Membership.Beat()), status => (status, null));
}
