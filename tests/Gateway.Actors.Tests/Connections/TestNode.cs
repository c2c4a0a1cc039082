// A whole node without sockets or disk, on one thread and in virtual time: the real actors over the real embedded engine, pumped by hand.

using Gateway.Actors.Connections;
using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Json;
using Gateway.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Connections;

internal sealed class TestNode : IDisposable
{
    private readonly SingleThreadDispatcher _dispatcher;
    private readonly GatewayNode _node;
    private readonly List<TestClient> _clients = [];
    private readonly bool _started;

    /// <param name="seed">Decides the order in which ready actors run.</param>
    /// <param name="wrap">Comes between the node and its engine.</param>
    public TestNode(NodeOptions? options = null, int? seed = null, Func<IEngine, IEngine>? wrap = null)
    {
        Options = options ?? new NodeOptions { DefaultRoom = RoomName.Parse("lobby") };
        _dispatcher = new SingleThreadDispatcher(seed);
        Embedded = new EmbeddedEngine(
            new EmbeddedOptions
            {
                DataDir = null,
                Pumped = true,
                NodeId = Options.NodeId,
                Namespaces = Options.Namespaces,
                GraceMs = Options.GraceMs,
                ResumeMs = Options.ResumeMs,
                OnJournalStep = _ =>
                {
                    if (DiskFails)
                        throw new JournalException("The disk fails.");
                },
            },
            Time,
            NullLogger<EmbeddedEngine>.Instance);
        Engine = wrap?.Invoke(Embedded) ?? Embedded;
        var system = new ActorSystemOptions { Name = "test", Time = Time, Dispatcher = _dispatcher, WheelTick = TimeSpan.FromMilliseconds(1) };
        _node = new GatewayNode(Options, Engine, Tokens, system);
        var starting = _node.Start(CancellationToken.None).AsTask();
        _started = true;
        Settle();
        Assert.True(starting.IsCompletedSuccessfully, $"The node did not start: {starting.Exception}");
    }

    public static JsonDialect Dialect { get; } = new();

    public NodeOptions Options { get; }

    public VirtualTime Time { get; } = new();

    public EmbeddedEngine Embedded { get; }

    public IEngine Engine { get; }

    /// <summary>Every step of the journal fails while this is so.</summary>
    public bool DiskFails { get; set; }

    public FakeTokens Tokens { get; } = new();

    public GatewayNode Node => _node;

    /// <summary>Connects a user with all rights of the namespaces.</summary>
    public TestClient Connect(string userId, params string[] rooms) => Connect(new Identity { UserId = userId, Name = userId.ToUpperInvariant() }, rooms);

    public TestClient Connect(Identity? identity, string[] rooms, string? session = null, UrlFault[]? faults = null)
    {
        var sink = new FakeSink(Options.OutboxEvents, Time);
        var port = _node.Open(new ConnectionRequest
        {
            Sink = sink,
            Dialect = TestNode.Dialect,
            Identity = identity,
            Rooms = rooms.Select(RoomName.Parse).ToList(),
            Session = session,
            UrlFaults = faults ?? [],
        });
        Assert.NotNull(port);
        sink.Listener = port;
        Settle();
        var client = new TestClient(this, sink, port);
        _clients.Add(client);
        return client;
    }

    /// <summary>Runs the actors alone: what they asked the engine stays unanswered.</summary>
    public void RunActors() => _dispatcher.RunUntilIdle();

    /// <summary>Opens a connection that resumes a session, and lets nothing happen yet.</summary>
    public TestClient ConnectUnsettled(string userId, string session)
    {
        var sink = new FakeSink(Options.OutboxEvents, Time);
        var port = _node.Open(new ConnectionRequest { Sink = sink, Dialect = Dialect, Identity = new Identity { UserId = userId, Name = userId }, Session = session });
        sink.Listener = port;
        var client = new TestClient(this, sink, port!);
        _clients.Add(client);
        return client;
    }

    /// <summary>Runs until neither an actor nor the engine has anything to do.</summary>
    public void Settle()
    {
        // Where a context is set, an await goes on elsewhere: here all of it is to happen on this thread, now.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            do
            {
                if (_started)
                    Embedded.Pump();
            }
            while (_dispatcher.RunUntilIdle() > 0);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Time passes, and every client is alive meanwhile.</summary>
    public void Advance(double seconds)
    {
        for (var left = seconds; left > 0; left -= 5)
        {
            foreach (var client in _clients)
                client.Port.Heard();
            AdvanceInSilence(Math.Min(left, 5));
        }
    }

    /// <summary>Time passes, and no client says anything.</summary>
    public void AdvanceInSilence(double seconds)
    {
        Settle();
        Time.Advance(TimeSpan.FromSeconds(seconds), Settle);
        Settle();
    }

    /// <summary>The engine's end comes on a thread of its own.</summary>
    public void Dispose()
    {
        var stopping = _node.DisposeAsync().AsTask();
        _dispatcher.RunUntilIdle();
        Assert.True(SpinWait.SpinUntil(() => stopping.IsCompleted, TimeSpan.FromSeconds(10)), "The node did not stop.");
        Assert.True(stopping.IsCompletedSuccessfully, $"{stopping.Exception}");
    }
}

/// <summary>Tokens that a test made up.</summary>
internal sealed class FakeTokens : ITokenAuthenticator
{
    public Dictionary<string, Identity> Known { get; } = [];

    public ValueTask<Identity?> Authenticate(string token, CancellationToken cancellation) =>
        ValueTask.FromResult(Known.GetValueOrDefault(token));
}
