// One node, put together: the actor system with connections, rooms and presence over an engine. Made, started and stopped by the host.

using Gateway.Actors.Connections;
using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Presence;
using Gateway.Actors.Rooms;

namespace Gateway.Actors;

public sealed class GatewayNode : IGatewayNode, IEngineListener, IAsyncDisposable
{
    /// <summary>A fifth of a second of what one Redis does: a storm of clients is let in as fast as it can be served, and no faster.</summary>
    private const int MaxBacklog = 1_000;

    private readonly NodeMetrics _metrics = new();
    private readonly ConnectionCount _count = new();
    private readonly RoomCount _rooms = new();
    private readonly NodeHealth _health = new();
    private readonly UserDirectory _users;
    private readonly NodeServices _services;
    private readonly ActorSystem _system;
    private readonly ActorRef _connections;
    private volatile bool _draining;
    private TaskCompletionSource? _emptied;

    public GatewayNode(
        NodeOptions options, IEngine engine, ITokenAuthenticator authenticator, ActorSystemOptions system)
    {
        var time = system.Time;
        _users = new UserDirectory(time, options);
        _services = new NodeServices(options, engine, time, _metrics, new RandomIds());
        _system = new ActorSystem(system);
        var rooms = _system.Spawn(Props.Create(() => new RoomsActor(_services, _rooms)), "rooms");
        _connections = _system.Spawn(
            Props.Create(() => new ConnectionsActor(_services, rooms, _count, _users, authenticator, _health)), "connections");
        Observe();
    }

    public (int All, int Unauthenticated) Connections => (_count.All, _count.Unauthenticated);

    public int Rooms => _rooms.Value;

    public bool IsDraining => _draining;

    public bool IsDegraded => _health.IsDegraded;

    public bool IsBehind => _services.Engine.Backlog > MaxBacklog;

    /// <summary>Starts the engine, then the sweep of presence. Sockets may be handed in from then on.</summary>
    public async ValueTask Start(CancellationToken cancellation)
    {
        await _services.Engine.Start(this, cancellation).ConfigureAwait(false);
        for (var partition = 0; partition < _services.Engine.Partitions; partition++)
        {
            var number = partition;
            _system.Spawn(Props.Create(() => new PresencePartitionActor(_services, number)), $"presence-{number}");
        }
    }

    public IConnectionPort? Open(ConnectionRequest request)
    {
        if (_draining)
            return null;
        var port = new ConnectionPort(_services.Time);
        _count.AddConnection(1);
        _count.AddUnauthenticated(1);
        _connections.Tell(new OpenConnection(request, port));
        return port;
    }

    public int ConnectionsOf(string userId) => _users.ConnectionsOf(userId);

    public Task Drain()
    {
        if (Interlocked.CompareExchange(ref _emptied, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null) is null)
        {
            _draining = true;
            _connections.Tell(new BeginDrain(_emptied));
        }

        return _emptied.Task;
    }

    /// <summary>Called by the engine, on its thread.</summary>
    void IEngineListener.Notify(EngineNotice notice) => _connections.Tell(notice);

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate().ConfigureAwait(false);
        await _services.Engine.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    private void Observe()
    {
        _metrics.Observe("gateway.connections", "Open connections.", () => _count.All);
        _metrics.Observe("gateway.connections.unauthenticated", "Connections whose user is not known yet.", () => _count.Unauthenticated);
        _metrics.Observe("gateway.rooms", "Rooms served by this node.", () => _rooms.Value);
        _metrics.Observe("gateway.degraded", "1 while clients are told that the storage is away.", () => _health.IsDegraded ? 1 : 0);
        _metrics.Observe("gateway.kernel.dead_letters", "Messages that reached no actor.", () => _system.Counters.DeadLetters);
        _metrics.Observe("gateway.kernel.actors", "Live actors.", () => _system.Counters.ActorsAlive);
    }
}
