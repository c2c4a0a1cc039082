// An output that takes as many bytes as a test allows, in either manner: like a socket (a part now, the rest later)
// or like a stream (all at once, or held until there is room).

using System.Threading.Tasks.Sources;
using Gateway.Host.Transport;

namespace Gateway.Host.Tests.Transport;

internal sealed class FakeOutput(bool holds = false) : IFrameOutput, IValueTaskSource<int>
{
    private readonly Lock _gate = new();
    private readonly List<byte> _written = [];
    private ReadOnlyMemory<byte> _asked;
    private ManualResetValueTaskSourceCore<int> _rest;
    private bool _isAsked;
    private volatile bool _isWaiting;
    private ReadOnlyMemory<byte> _held;
    private long _room = long.MaxValue;
    private bool _broken;

    public int Held => _held.Length;

    public bool IsAborted { get; private set; }

    public bool IsComplete { get; private set; }

    public int Writes { get; private set; }

    /// <summary>The drain has gone to sleep on this output: whatever a test does next wakes it on the test's own thread.</summary>
    public bool IsWaiting => _isWaiting;

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
        int written;
        lock (_gate)
        {
            _room += bytes;
            if (!_isAsked || _room == 0 || (_held.Length > 0 && _room < _held.Length))
                return;
            written = Put(_held.Length > 0 ? _held.Span : _asked.Span);
            _held = default;
            _isAsked = _isWaiting = false;
        }

        _rest.SetResult(written);
    }

    public void Break()
    {
        bool wasAsked;
        lock (_gate)
        {
            _broken = true;
            wasAsked = _isAsked;
            _isAsked = _isWaiting = false;
        }

        if (wasAsked)
            _rest.SetException(new IOException("The peer is gone."));
    }

    public int Write(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            Assert.False(_isAsked, "Two writes at once.");
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
            Assert.False(_isAsked, "Two writes at once.");
            if (_broken)
                throw new IOException("The peer is gone.");
            _asked = bytes;
            _isAsked = true;
            _rest.Reset();
            return new ValueTask<int>(this, _rest.Version);
        }
    }

    public void Complete() => IsComplete = true;

    public void Abort()
    {
        IsAborted = true;
        Break();
    }

    int IValueTaskSource<int>.GetResult(short token) => _rest.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _rest.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _rest.OnCompleted(continuation, state, token, flags);
        _isWaiting = true;
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
