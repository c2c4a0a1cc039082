// The parent of a node's connections: makes them, stops one that fails (its client gets 1011, nobody else notices), and passes on what concerns
// a user or everyone. It sees no traffic.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class ConnectionsActor(NodeServices node, ActorRef rooms, ConnectionCount count, UserDirectory users, ITokenAuthenticator authenticator, NodeHealth health) : Actor
{
    /// <summary>How long the engine may be away before clients are told (the contract's number).</summary>
    public static readonly TimeSpan TellDegradedAfter = TimeSpan.FromSeconds(2);

    private static readonly object DegradedTimer = new();

    private readonly Dictionary<ActorRef, string?> _connections = [];
    private readonly Dictionary<string, HashSet<ActorRef>> _ofUser = new(StringComparer.Ordinal);
    private ConnectionsServices _shared = null!;
    private EngineLost? _lost;
    private TaskCompletionSource? _draining;

    protected override SupervisorStrategy SupervisorStrategy { get; } =
        new OneForOneStrategy(0, TimeSpan.FromMinutes(1), static _ => Directive.Stop);

    protected override void PreStart() => _shared = new ConnectionsServices(rooms, Self, users, count, authenticator);

    protected override void Receive(object message)
    {
        switch (message)
        {
            case OpenConnection open: Open(open); break;
            case UserKnown known: OnUserKnown(known); break;
            case Terminated terminated: OnTerminated(terminated.Ref); break;
            case EngineNotice notice: OnNotice(notice); break;
            case DegradedDue: OnDegradedDue(); break;
            case BeginDrain drain: OnDrain(drain); break;
            default: Unhandled(message); break;
        }
    }

    private void Open(OpenConnection open)
    {
        var connection = Context.Spawn(Props.Create(() => new ConnectionActor(node, _shared, open)));
        Context.Watch(connection);
        _connections[connection] = null;
        if (_draining is not null)
            connection.Tell(new LeaveNode(0));
        if (health.IsDegraded)
            connection.Tell(new Tell(new Degraded(_lost!.Since)));
    }

    private void OnUserKnown(UserKnown known)
    {
        if (!_connections.ContainsKey(known.Connection))
            return;
        if (known.Former is { } former)
            Remove(former, known.Connection);
        _connections[known.Connection] = known.UserId;
        if (!_ofUser.TryGetValue(known.UserId, out var connections))
            _ofUser[known.UserId] = connections = [];
        connections.Add(known.Connection);
    }

    private void OnTerminated(ActorRef connection)
    {
        if (!_connections.Remove(connection, out var userId))
            return;
        count.AddConnection(-1);
        if (userId is not null)
            Remove(userId, connection);
        if (_connections.Count == 0)
            _draining?.TrySetResult();
    }

    private void Remove(string userId, ActorRef connection)
    {
        if (_ofUser.TryGetValue(userId, out var connections) && connections.Remove(connection) && connections.Count == 0)
            _ofUser.Remove(userId);
    }

    private void OnNotice(EngineNotice notice)
    {
        switch (notice)
        {
            case EngineLost lost when _lost is null:
                _lost = lost;
                Context.Timers.StartSingle(DegradedTimer, DegradedDue.Instance, UntilDegraded(lost.Since));
                break;
            case EngineBack:
                OnEngineBack();
                break;
            case UserExpelled expelled: TellUser(expelled.UserId, expelled); break;
            case MemberAdmitted admitted: TellUser(admitted.UserId, admitted); break;
            case MemberRemoved removed: TellUser(removed.UserId, removed); break;
            case SessionTaken taken: TellUser(taken.UserId, taken); break;
        }
    }

    /// <summary>The engine may have noticed only a while after it was gone.</summary>
    private TimeSpan UntilDegraded(DateTimeOffset since)
    {
        var left = since + TellDegradedAfter - node.Time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > TellDegradedAfter ? TellDegradedAfter : left;
    }

    private void OnDegradedDue()
    {
        if (_lost is not { } lost)
            return;
        health.IsDegraded = true;
        TellAll(new Tell(new Degraded(lost.Since)));
    }

    private void OnEngineBack()
    {
        Context.Timers.Cancel(DegradedTimer);
        _lost = null;
        if (!health.IsDegraded)
            return;
        health.IsDegraded = false;
        TellAll(new Tell(new Restored()));
    }

    /// <summary>Spread evenly over the window, so that they don't all arrive elsewhere at once.</summary>
    private void OnDrain(BeginDrain drain)
    {
        _draining = drain.Emptied;
        if (_connections.Count == 0)
        {
            drain.Emptied.TrySetResult();
            return;
        }

        var index = 0;
        foreach (var connection in _connections.Keys)
            connection.Tell(new LeaveNode((long)node.Options.DrainWindowMs * index++ / _connections.Count));
    }

    private void TellUser(string userId, object message)
    {
        if (!_ofUser.TryGetValue(userId, out var connections))
            return;
        foreach (var connection in connections)
            connection.Tell(message);
    }

    private void TellAll(object message)
    {
        foreach (var connection in _connections.Keys)
            connection.Tell(message);
    }

    private sealed class DegradedDue
    {
        public static DegradedDue Instance { get; } = new();
    }
}
