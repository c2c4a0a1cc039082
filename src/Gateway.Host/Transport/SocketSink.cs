// A connection's way out: rooms, the connection actor and the reader all write through its one gate. While the peer keeps up it holds
// nothing: each delivery is one write on the caller's thread. What a slow peer leaves waits in the outbox, for the drain in the file
// beside. It must never wait for the peer under the gate, and never throw into a caller.

using Gateway.Actors.Delivery;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Transport;

internal sealed partial class SocketSink(
    IFrameOutput output, SinkBounds bounds, TimeProvider time, CloseDeadlines deadlines, OutboxTotals totals) : IConnectionSink
{
    /// <summary>Answers go on being taken up to so many times the bound (K3).</summary>
    private const int AnswersFactor = 2;

    private readonly Lock _gate = new();
    private readonly Outbox _outbox = new(totals);
    private State _state;
    private bool _draining;
    private bool _drainedIsAwaited;
    private long _stuckSince;
    private IConnectionSinkListener? _listener;
    private TaskCompletionSource? _farewell;

    private enum State : byte
    {
        Open,

        /// <summary>The close frame is the last thing that waits.</summary>
        Closing,

        /// <summary>The close frame has left.</summary>
        Told,

        /// <summary>Dropped by one side or the other; nothing can be written.</summary>
        Gone,
    }

    public long? StuckSince
    {
        get
        {
            lock (_gate)
                return _outbox.Count == 0 ? null : _stuckSince;
        }
    }

    public (int Events, int Bytes) Pending
    {
        get
        {
            lock (_gate)
                return (_outbox.Events, _outbox.Bytes);
        }
    }

    /// <summary>The frames go to the raw socket, not through Kestrel's stream.</summary>
    public bool IsDirect => output is SocketOutput;

    /// <summary>Nothing more is taken.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
                return _state != State.Open;
        }
    }

    /// <summary>The listener comes after the sink: a connection is opened with its sink in hand.</summary>
    public void Attach(IConnectionSinkListener listener)
    {
        bool drained;
        lock (_gate)
        {
            _listener = listener;
            drained = TakeDrained();
        }

        if (drained)
            listener.Drained();
    }

    public SinkOutcome Offer(FrameBatch batch, int offset, int length, int events)
    {
        lock (_gate)
        {
            if (_state != State.Open)
                return SinkOutcome.Closed;
            if (_outbox.Count > 0)
            {
                if (IsOver(1, events, length) && !IsNearlyDrained)
                    return SinkOutcome.Full;
                _outbox.Add(batch, offset, length, events);
                return SinkOutcome.Kept;
            }

            if (WriteOrKeep(batch, offset, length, events))
                return _outbox.Count == 0 ? SinkOutcome.Sent : SinkOutcome.Kept;
        }

        output.Abort();
        return SinkOutcome.Closed;
    }

    public void Send(FrameBatch batch, SinkLane lane) => Send(batch, lane == SinkLane.Urgent, isPong: false);

    /// <summary>Answers a ping; of several that wait only the last is answered.</summary>
    public void Pong(ReadOnlySpan<byte> payload)
    {
        var pong = ControlFrames.Pong(payload);
        Send(pong, isUrgent: true, isPong: true);
        pong.Release();
    }

    public void NotifyWhenDrained()
    {
        bool drained;
        lock (_gate)
        {
            _drainedIsAwaited = _state == State.Open;
            drained = TakeDrained();
        }

        if (drained)
            _listener!.Drained();
    }

    public void Close(CloseCode code, string reason)
    {
        bool alive;
        lock (_gate)
        {
            if (_state != State.Open)
                return;
            alive = BeginClose(code, reason);
        }

        if (!alive)
            output.Abort();
    }

    public void Abort()
    {
        lock (_gate)
        {
            if (_state == State.Gone)
                return;
            BecomeGone();
        }

        output.Abort();
    }

    /// <summary>The connection's end, whoever caused it: lets go of everything. A write that is under way is broken off.</summary>
    public void End()
    {
        bool isBusy;
        lock (_gate)
        {
            isBusy = _draining && _state != State.Gone;
            BecomeGone();
        }

        if (isBusy)
            output.Abort();
    }

    /// <summary>Completes when the close frame has left, or never will.</summary>
    public Task Farewell()
    {
        lock (_gate)
        {
            if (_state is State.Told or State.Gone)
                return Task.CompletedTask;
            _farewell ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _farewell.Task;
        }
    }

    /// <summary>Tells the peer that nothing follows the close frame. Only after the farewell.</summary>
    public void HalfClose()
    {
        lock (_gate)
        {
            if (_state == State.Told)
                output.Complete();
        }
    }

    /// <summary>Ends a connection that doesn't end by itself in the time allowed.</summary>
    public void EndWithin(TimeSpan allowed)
    {
        lock (_gate)
        {
            if (_state != State.Gone)
                deadlines.Add(this, allowed);
        }
    }

    private void Send(FrameBatch batch, bool isUrgent, bool isPong)
    {
        lock (_gate)
        {
            if (_state != State.Open || Take(batch, isUrgent, isPong))
                return;
        }

        output.Abort();
    }

    /// <returns>False: the output is broken.</returns>
    private bool Take(FrameBatch batch, bool isUrgent, bool isPong)
    {
        if (_outbox.Count == 0)
            return WriteOrKeep(batch, 0, batch.Length, 1);
        if (IsOver(AnswersFactor, 1, batch.Length))
            return BeginClose(CloseCode.TooSlow, "too slow");
        if (isUrgent)
            _outbox.AddUrgent(batch, isPong);
        else
            _outbox.Add(batch, 0, batch.Length, 1);
        return true;
    }

    private bool IsOver(int factor, int events, int bytes) =>
        _outbox.Events + (long)events > (long)factor * bounds.Events || _outbox.Bytes + (long)bytes > (long)factor * bounds.Bytes;

    /// <summary>Writes a slice when nothing waits before it, and keeps what didn't leave.</summary>
    /// <returns>False: the output is broken.</returns>
    private bool WriteOrKeep(FrameBatch batch, int offset, int length, int events)
    {
        var written = output.Write(batch.Memory.Slice(offset, length));
        if (written == length)
            return true;
        if (written == FrameOutput.Broken)
        {
            BecomeGone();
            return false;
        }

        _outbox.Add(batch, offset, length, events);
        _outbox.Advance(written);
        _outbox.MarkInFlight(output.Held);
        _stuckSince = time.GetTimestamp();
        if (!_draining)
        {
            _draining = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    /// <returns>False: the output is broken.</returns>
    private bool BeginClose(CloseCode code, string reason)
    {
        _state = State.Closing;
        _drainedIsAwaited = false;
        deadlines.Add(this, CloseDeadlines.Handshake);
        var frame = ControlFrames.Close(code, reason);
        var alive = true;
        if (_outbox.Count > 0)
            _outbox.Add(frame, 0, frame.Length, 0);
        else
            alive = WriteOrKeep(frame, 0, frame.Length, 0);
        frame.Release();
        SayFarewellWhenTold();
        return alive;
    }

    private void SayFarewellWhenTold()
    {
        if (_state != State.Closing || _outbox.Count > 0)
            return;
        _state = State.Told;
        _farewell?.TrySetResult();
    }

    /// <summary>What waits is dropped; where a write has it in hand, by the drain when that comes back.</summary>
    private void BecomeGone()
    {
        _state = State.Gone;
        _drainedIsAwaited = false;
        deadlines.Remove(this);
        if (!_draining)
            _outbox.Clear();
        _farewell?.TrySetResult();
    }

    private bool IsNearlyDrained => _outbox.Events * 4L < bounds.Events && _outbox.Bytes * 4L < bounds.Bytes;

    private bool TakeDrained()
    {
        if (!_drainedIsAwaited || _listener is null || !IsNearlyDrained)
            return false;
        _drainedIsAwaited = false;
        return true;
    }
}
