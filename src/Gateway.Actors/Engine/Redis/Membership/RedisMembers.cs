// The Redis engine's part for sessions, presence and nodes: puts its parts together, and begins and ends them.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Redis;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

internal sealed class RedisMembers : IEngineHealth, IRedisGuest, IAsyncDisposable
{
    private readonly MemberCore _core;
    private readonly Sessions _sessions;
    private readonly Users _users;
    private readonly RoomPresenceCalls _presence;
    private readonly NoticeFeeds _notices;
    private readonly NodeRegistry _nodes;
    private readonly PartitionBeat[] _beats;
    private readonly Func<RedisPrimary, IReadOnlyList<int>> _partitionsOf;
    private int _disposed;

    public RedisMembers(RedisLink link, IRoomFollowers followers, IEngineListener listener, RedisMetrics metrics)
        : this(new LinkedCalls(link), link.Partitions, link.Options, link.Time, link.Log, followers, listener, metrics)
    {
        _partitionsOf = primary =>
            [.. link.Partitions.Where(partition => primary.Owns(link.SlotOf(partition))).Select(partition => partition.Number)];
    }

    internal RedisMembers(
        IMemberCalls calls, IReadOnlyList<PartitionKeys> partitions, RedisEngineOptions options, TimeProvider time, ILogger log,
        IRoomFollowers followers, IEngineListener listener, RedisMetrics metrics)
    {
        _core = new MemberCore(calls, new MemberKeys(partitions), options, time, log, listener, metrics);
        var records = new SessionCalls(_core);
        _presence = new RoomPresenceCalls(_core);
        _notices = new NoticeFeeds(_core, new NoticeDesk(_core, records, _presence));
        _sessions = new Sessions(_core, records, _presence);
        _users = new Users(_core, _presence, _notices);
        _nodes = new NodeRegistry(_core);
        var sweep = new Sweep(records, _presence);
        var audit = new Audit(_core, records, _presence);
        _beats = [.. partitions.Select(keys => new PartitionBeat(_core, keys, sweep, audit, _sessions, _notices[keys], followers))];
        _partitionsOf = static _ => [];
    }

    /// <summary>How many sessions this node's connections own.</summary>
    public int SessionCount => _core.Sessions.Count;

    /// <summary>Redis is lost for this node, in some partition at least.</summary>
    public bool IsLost => _core.Health.IsAnyLost;

    internal MemberCore Core => _core;

    /// <summary>Takes the leases: nothing may be owned without one.</summary>
    public async ValueTask Begin()
    {
        _notices.Listen();
        await MemberCore.Each(_beats, async beat => await beat.Beat().ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>The node's sessions begin their grace period, and its leases and its entry among the nodes go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        if (await DetachAll().ConfigureAwait(false))
        {
            await MemberCore.Each(_core.Keys.All, async partition =>
                await _core.Calls.Call(partition, "gw1_retire", [partition.Lease, partition.Own], [_core.Me.Name]).ConfigureAwait(false))
                .ConfigureAwait(false);
            await _nodes.Forget().ConfigureAwait(false);
        }

        _notices.Dispose();
    }

    public bool Accepts(int partition) => _core.Health.Accepts(partition);

    public ValueTask Prepare(RedisPrimary primary, CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>What holds there again, the next beats say.</summary>
    public void Up(RedisPrimary primary)
    {
    }

    /// <summary>Calls go where the slots are now; nothing that this part keeps is of a place.</summary>
    public void TopologyChanged()
    {
    }

    public void Down(RedisPrimary primary, DateTimeOffset since) => _core.Health.Down(_partitionsOf(primary), since);

    public ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner) => _sessions.Open(owner);

    public ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner) => _sessions.Claim(sessionId, owner);

    public ValueTask<EngineStatus> Detach(SessionKey session) => _sessions.Detach(session);

    public ValueTask<EngineStatus> End(SessionKey session, LeaveReason reason, bool silent) => _sessions.End(session, reason, silent);

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey session, RoomName room, int userLimit) =>
        _sessions.Join(session, room, userLimit);

    public ValueTask<EngineStatus> Leave(SessionKey session, RoomName room, LeaveReason reason) => _sessions.Leave(session, room, reason);

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit) => _presence.Who(room, userLimit);

    public ValueTask<(EngineStatus Status, UserSummary Summary)> DescribeUser(string userId) => _users.Describe(userId);

    public ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor) => _users.Expel(userId, refuseFor);

    public ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId) => _users.RefusedUntil(userId);

    public ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room) => _users.Admit(userId, room);

    public ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room) => _users.Remove(userId, room);

    public ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat(int partition) => _beats[partition].Beat();

    public void Report(NodeLoad load) => _nodes.Report(load);

    public ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes() => _nodes.Nodes();

    public ValueTask<EngineStatus> Probe() => _nodes.Probe();

    /// <returns>False: Redis does not answer; the leases run out by themselves.</returns>
    private async ValueTask<bool> DetachAll()
    {
        foreach (var some in _core.Sessions.All.Chunk(64))
        {
            var done = await Task.WhenAll(some.Select(session => _sessions.Detach(session.Key).AsTask())).ConfigureAwait(false);
            if (done.All(static status => status is EngineStatus.Degraded or EngineStatus.Unknown))
                return false;
        }

        return true;
    }
}
