// An output that takes as many bytes as a test allows, in either manner: like a socket (a part now, the rest later)
// or like a stream (all at once, or held until there is room).

using Gateway.Host.Transport;

namespace Gateway.Host.Tests.Transport;

internal sealed class FakeOutput(bool holds = false) : IFrameOutput
{
    private readonly Lock _gate = new();
    private readonly List<byte> _written = [];
    private ReadOnlyMemory<byte> _asked;
    private TaskCompletionSource<int>? _waiting;
    private ReadOnlyMemory<byte> _held;
    private long _room = long.MaxValue;
    private bool _broken;

    public int Held => _held.Length;

    public bool IsAborted { get; private set; }

    public bool IsComplete { get; private set; }

    public int Writes { get; private set; }

    public bool IsWaiting
    {
        get
        {
            lock (_gate)
                return _waiting is not null;
        }
    }

    public byte[] Written
    {
        get
        {
            lock (_gate)
                return [.. _written];
        }
    }

    /// <summary>From now on only so many bytes.</summary>
    public void Allow(long bytes)
    {
        lock (_gate)
            _room = bytes;
    }

    /// <summary>The peer reads: room for so many more. What waits for it goes on on this thread.</summary>
    public void Read(long bytes)
    {
        TaskCompletionSource<int>? completed;
        int written;
        lock (_gate)
        {
            _room += bytes;
            if (_waiting is null || _room == 0 || (_held.Length > 0 && _room < _held.Length))
                return;
            written = Put(_held.Length > 0 ? _held.Span : _asked.Span);
            _held = default;
            completed = _waiting;
            _waiting = null;
        }

        completed.SetResult(written);
    }

    public void Break()
    {
        TaskCompletionSource<int>? waiting;
        lock (_gate)
        {
            _broken = true;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.SetException(new IOException("The peer is gone."));
    }

    public int Write(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            Assert.True(_waiting is null, "Two writes at once.");
            Writes++;
            if (_broken)
                return FrameOutput.Broken;
            if (!holds || _room >= bytes.Length)
                return Put(bytes.Span);
            _held = bytes;
            return 0;
        }
    }

    public ValueTask<int> WriteRest(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            Assert.True(_waiting is null, "Two writes at once.");
            if (_broken)
                throw new IOException("The peer is gone.");
            _asked = bytes;
            _waiting = new TaskCompletionSource<int>();
            return new ValueTask<int>(_waiting.Task);
        }
    }

    public void Complete() => IsComplete = true;

    public void Abort()
    {
        IsAborted = true;
        Break();
    }

    private int Put(ReadOnlySpan<byte> bytes)
    {
        var count = (int)Math.Min(_room, bytes.Length);
        _written.AddRange(bytes[..count]);
        if (_room != long.MaxValue)
            _room -= count;
        return count;
    }
}
