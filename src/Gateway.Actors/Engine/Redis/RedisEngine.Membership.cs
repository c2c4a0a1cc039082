// The Redis engine's sessions, presence and nodes.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Redis;

public sealed partial class RedisEngine : IMembership, INodes
{
    private readonly RedisMembers _members;

    public int Partitions => Engine.Redis.Partitions.Count;

    public ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner) => _members.Open(owner);

    public ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner) => _members.Claim(sessionId, owner);

    public ValueTask<EngineStatus> Detach(SessionKey session) => _members.Detach(session);

    public ValueTask<EngineStatus> End(SessionKey session, LeaveReason reason, bool silent) => _members.End(session, reason, silent);

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey session, RoomName room, int userLimit) =>
        _members.Join(session, room, userLimit);

    public ValueTask<EngineStatus> Leave(SessionKey session, RoomName room, LeaveReason reason) => _members.Leave(session, room, reason);

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit) => _members.Who(room, userLimit);

    public ValueTask<(EngineStatus Status, UserSummary Summary)> DescribeUser(string userId) => _members.DescribeUser(userId);

    public ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor) => _members.Expel(userId, refuseFor);

    public ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId) => _members.RefusedUntil(userId);

    public ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room) => _members.Admit(userId, room);

    public ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room) => _members.Remove(userId, room);

    public ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat(int partition) => _members.Beat(partition);

    public void Report(NodeLoad load) => _members.Report(load);

    public ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes() => _members.Nodes();

    public ValueTask<EngineStatus> Probe() => _members.Probe();
}
