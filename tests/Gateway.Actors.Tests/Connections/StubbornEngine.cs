// An engine that can be told to misbehave: to owe its answers, or to fail in ways that its rules forbid.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Connections;

internal sealed class StubbornEngine(IEngine inner) : IEngine
{
    /// <summary>Publications wait for ever.</summary>
    public bool OwesPublications { get; set; } = true;

    /// <summary>Sent to the listener of a room in place of the truth.</summary>
    public Dictionary<RoomName, IRoomListener> Listeners { get; } = [];

    public int Partitions => inner.Partitions;

    /// <summary>Answers publications in place of the engine.</summary>
    public Func<Publication, PublishOutcome>? Outcomes { get; set; }

    public void Publish(Publication publication)
    {
        if (Outcomes is { } outcomes)
            publication.Completed(outcomes(publication));
        else if (!OwesPublications)
            inner.Publish(publication);
    }

    public ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener)
    {
        Listeners[room] = listener;
        return inner.Subscribe(room, listener);
    }

    public ValueTask Start(IEngineListener listener, CancellationToken cancellation) => inner.Start(listener, cancellation);

    public void Unsubscribe(RoomName room, IRoomListener listener) => inner.Unsubscribe(room, listener);

    public TaskCompletionSource? ReadGate { get; set; }
    public TaskCompletionSource? OpenGate { get; set; }

    /// <summary>Answers reads in place of the engine.</summary>
    public Func<HistoryQuery, HistoryPage>? Pages { get; set; }

    public async ValueTask<HistoryPage> Read(HistoryQuery query)
    {
        var page = Pages?.Invoke(query) ?? await inner.Read(query).ConfigureAwait(false);
        if (ReadGate is { } gate)
            await gate.Task.ConfigureAwait(false);
        return page;
    }

    public ValueTask<EngineStatus> Forget(RoomName room) => inner.Forget(room);

    public ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room) => inner.Describe(room);

    public ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> ListRooms(string? after, int limit) => inner.ListRooms(after, limit);

    public void Signal(RoomName room, RoomSignal signal) => inner.Signal(room, signal);

    public async ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner)
    {
        var key = await inner.Open(owner).ConfigureAwait(false);
        if (OpenGate is { } gate)
            await gate.Task.ConfigureAwait(false);
        return key;
    }

    public TaskCompletionSource? ClaimGate { get; set; }

    /// <summary>Answers claims in place of the engine, though it serves everything else.</summary>
    public EngineStatus? ClaimFails { get; set; }

    public async ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner)
    {
        if (ClaimFails is { } failure)
            return (failure, null!);
        var answer = await inner.Claim(sessionId, owner).ConfigureAwait(false);
        if (ClaimGate is { } gate)
            await gate.Task.ConfigureAwait(false);
        return answer;
    }

    public ValueTask<EngineStatus> Detach(SessionKey session) => inner.Detach(session);

    public ValueTask<EngineStatus> End(SessionKey session, LeaveReason reason, bool silent) => inner.End(session, reason, silent);

    public TaskCompletionSource? JoinGate { get; set; }

    public async ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey session, RoomName room, int userLimit)
    {
        var answer = await inner.Join(session, room, userLimit).ConfigureAwait(false);
        if (JoinGate is { } gate)
            await gate.Task.ConfigureAwait(false);
        return answer;
    }

    public ValueTask<EngineStatus> Leave(SessionKey session, RoomName room, LeaveReason reason) => inner.Leave(session, room, reason);

    public TaskCompletionSource? WhoGate { get; set; }

    public async ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit)
    {
        var answer = await inner.Who(room, userLimit).ConfigureAwait(false);
        if (WhoGate is { } gate)
            await gate.Task.ConfigureAwait(false);
        return answer;
    }

    public ValueTask<(EngineStatus Status, UserSummary Summary)> DescribeUser(string userId) => inner.DescribeUser(userId);

    public ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor) => inner.Expel(userId, refuseFor);

    public ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId) => inner.RefusedUntil(userId);

    public ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room) => inner.Admit(userId, room);

    public ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room) => inner.Remove(userId, room);

    public ValueTask<EngineStatus> MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq) => inner.MoveCursor(room, userId, status, seq);

    public ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> Cursors(RoomName room) => inner.Cursors(room);

    public ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat(int partition) => inner.Beat(partition);

    public void Report(NodeLoad load) => inner.Report(load);

    public ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes() => inner.Nodes();

    public ValueTask<EngineStatus> Probe() => inner.Probe();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
