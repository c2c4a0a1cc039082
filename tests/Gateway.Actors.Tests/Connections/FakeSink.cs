// A sink without a socket: what was sent is kept as JSON, in the order it would leave. A test may stop it from being read.

using System.Text.Json.Nodes;
using Gateway.Actors.Delivery;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Actors.Tests.Connections;

internal sealed class FakeSink(int boundEvents, TimeProvider time) : IConnectionSink
{
    private readonly Lock _gate = new();
    private readonly List<(byte[] Bytes, int Events)> _waiting = [];
    private readonly List<JsonObject> _frames = [];
    private bool _blocked;
    private bool _awaitsDrain;
    private long? _stuckSince;

    public IConnectionSinkListener? Listener { get; set; }

    public (CloseCode Code, string Reason)? Closed { get; private set; }

    public int Pings { get; private set; }

    /// <summary>Thrown from the next call: a bug of ours.</summary>
    public Exception? Bug { get; set; }

    public long? StuckSince => _stuckSince;

    public (int Events, int Bytes) Pending => (_waiting.Sum(entry => entry.Events), _waiting.Sum(entry => entry.Bytes.Length));

    /// <summary>What the client has received.</summary>
    public List<JsonObject> Frames
    {
        get
        {
            lock (_gate)
                return [.. _frames];
        }
    }

    public SinkOutcome Offer(FrameBatch batch, int offset, int length, int events)
    {
        lock (_gate)
        {
            ThrowIfBuggy();
            if (Closed is not null)
                return SinkOutcome.Closed;
            if (!_blocked)
            {
                Receive(batch.Memory.Slice(offset, length).ToArray());
                return SinkOutcome.Sent;
            }

            if (Pending.Events * 4 >= boundEvents && Pending.Events + events > boundEvents)
                return SinkOutcome.Full;
            Keep(batch.Memory.Slice(offset, length).ToArray(), events, SinkLane.Ordered);
            return SinkOutcome.Kept;
        }
    }

    public void Send(FrameBatch batch, SinkLane lane)
    {
        lock (_gate)
        {
            ThrowIfBuggy();
            if (Closed is not null)
                return;
            if (_blocked)
                Keep(batch.Memory.ToArray(), 1, lane);
            else
                Receive(batch.Memory.ToArray());
        }
    }

    public void NotifyWhenDrained()
    {
        bool now;
        lock (_gate)
        {
            now = Pending.Events * 4 < boundEvents;
            _awaitsDrain = !now;
        }

        if (now)
            Listener!.Drained();
    }

    public void Close(CloseCode code, string reason)
    {
        lock (_gate)
            Closed ??= (code, reason);
    }

    public void Abort() => Close((CloseCode)1006, "aborted");

    /// <summary>The peer stops reading.</summary>
    public void Block()
    {
        lock (_gate)
            _blocked = true;
    }

    /// <summary>The peer reads so many waiting pieces; all, and goes on reading, where none are given.</summary>
    public void Unblock(int? pieces = null)
    {
        bool drained;
        lock (_gate)
        {
            var count = Math.Min(pieces ?? int.MaxValue, _waiting.Count);
            foreach (var (bytes, _) in _waiting.Take(count).ToArray())
                Receive(bytes);
            _waiting.RemoveRange(0, count);
            _blocked = pieces is not null;
            _stuckSince = _waiting.Count == 0 ? null : time.GetTimestamp();
            drained = _awaitsDrain && Pending.Events * 4 < boundEvents;
            _awaitsDrain &= !drained;
        }

        if (drained)
            Listener!.Drained();
    }

    private void Keep(byte[] bytes, int events, SinkLane lane)
    {
        _stuckSince ??= time.GetTimestamp();
        _waiting.Insert(lane == SinkLane.Urgent ? 0 : _waiting.Count, (bytes, events));
    }

    private void ThrowIfBuggy()
    {
        if (Bug is not { } bug)
            return;
        Bug = null;
        throw bug;
    }

    private void Receive(byte[] bytes)
    {
        var rest = bytes.AsSpan();
        while (rest.Length > 0)
        {
            var (header, length) = rest[1] switch
            {
                126 => (4, (rest[2] << 8) | rest[3]),
                127 => (10, (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(rest[2..])),
                var small => (2, small),
            };
            if ((rest[0] & 0x0F) == Opcode.Ping)
                Pings++;
            else
                _frames.Add(JsonNode.Parse(rest.Slice(header, length))!.AsObject());
            rest = rest[(header + length)..];
        }
    }
}
