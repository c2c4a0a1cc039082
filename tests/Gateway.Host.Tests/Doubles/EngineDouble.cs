// An engine whose answers a test writes down, and which keeps what it was asked. Publications are stored in one room-blind list with
// one count, unless the test decides their outcome.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Host.Tests.Doubles;

internal sealed class EngineDouble : IEngine
{
    private readonly Lock _gate = new();
    private readonly List<Publication> _published = [];
    private readonly Queue<Publication> _held = new();

    public const string Epoch = "k1";
    public const long TimestampMs = 1_767_225_600_000;

    public EngineStatus Status { get; set; } = EngineStatus.Ok;

    public Exception? StartFault { get; set; }

    public bool Started { get; private set; }

    /// <summary>Null: stored at the next position.</summary>
    public Func<Publication, PublishOutcome>? OnPublish { get; set; }

    /// <summary>Publications wait for <see cref="ReleaseOne"/>.</summary>
    public bool Holds { get; set; }

    public IReadOnlyList<Publication> Published
    {
        get
        {
            lock (_gate)
                return [.. _published];
        }
    }

    public int HeldCount
    {
        get
        {
            lock (_gate)
                return _held.Count;
        }
    }

    public HistoryQuery? LastQuery { get; private set; }

    public IReadOnlyList<RoomEvent> History { get; set; } = [];

    public List<string> RoomNames { get; } = [];

    public RoomMembership Members { get; set; } = new(1, 0, [], false);

    public UserSummary User { get; set; } = new(false, 0, []);

    public int Sessions { get; set; } = 1;

    public List<string> Calls { get; } = [];

    public Dictionary<string, DateTimeOffset> Refused { get; } = [];

    public int Probes { get; private set; }

    public int Partitions => 1;

    public ValueTask Start(IEngineListener listener, CancellationToken cancellation)
    {
        if (StartFault is not null)
            throw StartFault;
        Started = true;
        return ValueTask.CompletedTask;
    }

    public void Publish(Publication publication)
    {
        lock (_gate)
        {
            _published.Add(publication);
            if (Holds)
            {
                _held.Enqueue(publication);
                return;
            }
        }

        Complete(publication);
    }

    public void ReleaseOne()
    {
        Publication publication;
        lock (_gate)
            publication = _held.Dequeue();
        Complete(publication);
    }

    public ValueTask<HistoryPage> Read(HistoryQuery query)
    {
        LastQuery = query;
        return ValueTask.FromResult(Status == EngineStatus.Ok
            ? new HistoryPage(Status, new RoomPosition(Epoch, History.Count), Continuity.Proven, 0, 0, History, More: false)
            : HistoryPage.Failed(Status));
    }

    public ValueTask<EngineStatus> Forget(RoomName room) => Note($"forget {room}");

    public ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room) =>
        ValueTask.FromResult((Status, new RoomSummary(room, Epoch, 7, 3, 2, 4)));

    public ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> ListRooms(string? after, int limit)
    {
        IReadOnlyList<RoomSummary> rooms = RoomNames.Where(name => string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal).Take(limit)
            .Select(name => new RoomSummary(RoomName.Parse(name), Epoch, 1, 1, 0, 0)).ToList();
        return ValueTask.FromResult((Status, rooms));
    }

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit) =>
        ValueTask.FromResult((Status, Members));

    public ValueTask<(EngineStatus Status, UserSummary Summary)> DescribeUser(string userId) => ValueTask.FromResult((Status, User));

    public async ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor) =>
        (await Note($"expel {userId} {refuseFor.TotalMilliseconds}"), Sessions);

    public ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId) =>
        ValueTask.FromResult((Status, Refused.TryGetValue(userId, out var until) ? until : (DateTimeOffset?)null));

    public async ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room) =>
        (await Note($"admit {userId} {room}"), Sessions);

    public async ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room) =>
        (await Note($"remove {userId} {room}"), Sessions);

    public ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes()
    {
        IReadOnlyList<NodeSummary> nodes =
            [new NodeSummary("node-1", DateTimeOffset.UnixEpoch, new NodeLoad(3, 2, 1.25, 1000, false))];
        return ValueTask.FromResult((Status, nodes));
    }

    public ValueTask<EngineStatus> Probe()
    {
        Probes++;
        return ValueTask.FromResult(Status);
    }

    public ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener) =>
        ValueTask.FromResult((Status, new RoomPosition(Epoch, 0)));

    public void Unsubscribe(RoomName room, IRoomListener listener) => Calls.Add($"unsubscribe {room}");

    public void Signal(RoomName room, RoomSignal signal) => Calls.Add($"signal {room}");

    public ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner) => ValueTask.FromResult((Status, new SessionKey("s", 1)));

    public ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner) =>
        ValueTask.FromResult((EngineStatus.NotFound, new ClaimedSession(default, [])));

    public ValueTask<EngineStatus> Detach(SessionKey session) => Note("detach");

    public ValueTask<EngineStatus> End(SessionKey session, LeaveReason reason, bool silent) => Note("end");

    public ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey session, RoomName room, int userLimit) =>
        ValueTask.FromResult((Status, Members));

    public ValueTask<EngineStatus> Leave(SessionKey session, RoomName room, LeaveReason reason) => Note("leave");

    public ValueTask<EngineStatus> MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq) => Note("cursor");

    public ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> Cursors(RoomName room) =>
        ValueTask.FromResult<(EngineStatus, IReadOnlyList<ReceiptCursor>)>((Status, []));

    public ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat(int partition) =>
        ValueTask.FromResult((Status, (DateTimeOffset?)null));

    public NodeLoad? Load { get; private set; }

    public void Report(NodeLoad load) => Load = load;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Complete(Publication publication)
    {
        var outcome = OnPublish?.Invoke(publication) ?? (publication.Event.Ephemeral
            ? new PublishOutcome(PublishStatus.Relayed, TimestampMs: TimestampMs)
            : new PublishOutcome(PublishStatus.Stored, Published.Count, Epoch, TimestampMs));
        publication.Completed(outcome);
    }

    private ValueTask<EngineStatus> Note(string call)
    {
        Calls.Add(call);
        return ValueTask.FromResult(Status);
    }
}
