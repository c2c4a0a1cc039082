// The node as the transport sees it, and who may connect: every connection that opens is handed to the test.

using System.Threading.Channels;
using Gateway.Actors;
using Gateway.Actors.Connections;
using Gateway.Actors.Delivery;
using Gateway.Host.Transport;
using Gateway.Protocol.Inbound;
using Microsoft.AspNetCore.Http;

namespace Gateway.Host.Tests.Transport;

internal sealed class FakeNode : IGatewayNode
{
    private readonly Channel<FakeConnection> _opened = Channel.CreateBounded<FakeConnection>(10_000);

    /// <summary>Runs on the transport's thread while a connection is being opened.</summary>
    public Action<FakeConnection>? OnOpen { get; set; }

    public bool IsStopping { get; set; }

    public (int All, int Unauthenticated) Connections => (0, 0);

    public bool IsDraining => false;

    public bool IsDegraded => false;

    public bool IsBehind => false;

    public IConnectionPort? Open(ConnectionRequest request)
    {
        if (IsStopping)
            return null;
        var connection = new FakeConnection(request);
        OnOpen?.Invoke(connection);
        Assert.True(_opened.Writer.TryWrite(connection));
        return connection;
    }

    public int ConnectionsOf(string userId) => 0;

    public Task Drain() => Task.CompletedTask;

    public Task<FakeConnection> NextOpened() => _opened.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);
}

internal sealed class FakeConnection(ConnectionRequest request) : IConnectionPort
{
    private readonly Channel<ClientMessage[]> _received = Channel.CreateBounded<ClientMessage[]>(100_000);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _heard;
    private int _drained;
    private int _closedCalls;
    private int _callsAfterClosed;

    public ConnectionRequest Request => request;

    public IConnectionSink Sink => request.Sink;

    /// <summary>What Receive answers; null: true at once.</summary>
    public Func<IReadOnlyList<ClientMessage>, ValueTask<bool>>? OnReceive { get; set; }

    public int HeardCount => Volatile.Read(ref _heard);

    public int DrainedCount => Volatile.Read(ref _drained);

    public int ClosedCount => Volatile.Read(ref _closedCalls);

    public int CallsAfterClosed => Volatile.Read(ref _callsAfterClosed);

    public ValueTask<bool> Receive(IReadOnlyList<ClientMessage> messages)
    {
        NoteLateCall();
        Assert.True(_received.Writer.TryWrite([.. messages]));
        return OnReceive?.Invoke(messages) ?? ValueTask.FromResult(true);
    }

    public void Heard()
    {
        NoteLateCall();
        Interlocked.Increment(ref _heard);
    }

    public void Drained() => Interlocked.Increment(ref _drained);

    public void Closed()
    {
        Interlocked.Increment(ref _closedCalls);
        _closed.TrySetResult();
    }

    public Task WhenClosed() => _closed.Task.WaitAsync(Patience.Limit);

    public Task<ClientMessage[]> NextBurst() => _received.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    public bool HasReceived => _received.Reader.TryPeek(out _);

    private void NoteLateCall()
    {
        if (ClosedCount > 0)
            Interlocked.Increment(ref _callsAfterClosed);
    }
}

internal sealed class FakeGate : IHandshakeGate
{
    public Func<HttpContext, HandshakeDecision> Rule { get; set; } = _ => new HandshakeDecision.Admitted();

    public ValueTask<HandshakeDecision> Decide(HttpContext context, CancellationToken cancellation) => ValueTask.FromResult(Rule(context));
}
