// The host's end of a connection: hands input to the actor one batch at a time and holds the reader back until it is taken.
// Called by the reader's thread, the sink's thread and the actor; its small gate guards nothing but a handful of fields.

using System.Threading.Tasks.Sources;
using Gateway.Actors.Kernel;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Connections;

internal sealed class ConnectionPort(TimeProvider time) : IConnectionPort, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _taken = new() { RunContinuationsAsynchronously = true };
    private ActorRef? _actor;
    private IReadOnlyList<ClientMessage>? _input;
    private bool _ended;
    private bool _socketClosed;
    private long _lastHeard = time.GetTimestamp();

    /// <summary>A timestamp of the TimeProvider.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>What the reader handed in; the actor calls <see cref="Taken"/> when it is done with it.</summary>
    public IReadOnlyList<ClientMessage>? Input => _input;

    public void Heard() => Volatile.Write(ref _lastHeard, time.GetTimestamp());

    public ValueTask<bool> Receive(IReadOnlyList<ClientMessage> messages)
    {
        lock (_gate)
        {
            if (_ended)
                return ValueTask.FromResult(false);
            _taken.Reset();
            _input = messages;
            var answer = new ValueTask<bool>(this, _taken.Version);
            _actor?.Tell(InputReady.Instance);
            return answer;
        }
    }

    public void Drained()
    {
        lock (_gate)
            _actor?.Tell(SinkHasRoom.Instance);
    }

    public void Closed()
    {
        lock (_gate)
        {
            _socketClosed = true;
            _actor?.Tell(SocketClosed.Instance);
        }
    }

    /// <summary>From the actor, first: what came before it was there is told now.</summary>
    public void Attach(ActorRef actor)
    {
        lock (_gate)
        {
            _actor = actor;
            if (_input is not null)
                actor.Tell(InputReady.Instance);
            if (_socketClosed)
                actor.Tell(SocketClosed.Instance);
        }
    }

    /// <summary>From the actor: give me more.</summary>
    public void Taken()
    {
        lock (_gate)
        {
            if (_input is null)
                return;
            _input = null;
            _taken.SetResult(true);
        }
    }

    /// <summary>From the actor or its parent, last: nothing more is taken.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _actor = null;
            if (_input is null)
                return;
            _input = null;
            _taken.SetResult(false);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _taken.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _taken.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _taken.OnCompleted(continuation, state, token, flags);
}
