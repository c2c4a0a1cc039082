// One connection's output over its raw socket. Kestrel writes its HTTP responses through it as through any PipeWriter; after the 101 a sink
// claims it and writes frames itself. There is never a second way to the socket, so what is written first arrives first.

using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Host.Transport;

internal sealed class SocketOutput : PipeWriter, IFrameOutput
{
    /// <summary>Kestrel's own block size; an upgrade's answer fits many times over.</summary>
    private const int FirstBuffer = 4096;

    /// <summary>Linux TCP_NOTSENT_LOWAT: how much unsent data the kernel takes before a socket counts as full. Without it a slow peer's frames pile
    /// up by the megabyte where neither the sink's bounds nor its urgent lane reach, and a third of them must go before it counts as writable.</summary>
    private const int NotSentLowWater = 25;

    private const int UnsentBytes = 128 * 1024;

    private readonly Socket _socket;
    private readonly ConnectionContext _connection;
    private byte[] _buffer = [];
    private int _length;
    private CancellationTokenSource? _pendingFlush;
    private volatile bool _flushing;
    private volatile bool _claimed;
    private volatile bool _broken;

    public SocketOutput(Socket socket, ConnectionContext connection)
    {
        _socket = socket;
        _connection = connection;
        socket.Blocking = false;
    }

    public int Held => 0;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length;

    /// <summary>Takes the output out of Kestrel's hands, for good. False where Kestrel has something under way, or the socket is broken.</summary>
    public bool TryClaim()
    {
        if (_flushing || _length > 0 || _broken || _claimed)
            return false;
        _claimed = true;
        BoundKernelQueue();
        return true;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_buffer.Length - _length));
        _length += bytes;
    }

    /// <summary>Completes when all is in the kernel. A flush that is cancelled half-way ends the connection: what left of it can't be known.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_broken || _claimed)
            _length = 0;
        var sent = _length == 0 ? 0 : Send(_buffer.AsSpan(0, _length));
        if (sent >= 0 && sent < _length)
            return FlushRest(sent, cancellationToken);
        ReturnBuffer();
        return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: _broken || _claimed));
    }

    public override void CancelPendingFlush() => Volatile.Read(ref _pendingFlush)?.Cancel();

    /// <summary>The connection's end, and with it the socket's, follows from the middleware.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!_flushing)
            ReturnBuffer();
    }

    int IFrameOutput.Write(ReadOnlyMemory<byte> bytes) => Send(bytes.Span);

    ValueTask<int> IFrameOutput.WriteRest(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes, SocketFlags.None);

    void IFrameOutput.Complete()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            _broken = true;
        }
    }

    void IFrameOutput.Abort() => _connection.Abort();

    /// <returns>What the kernel took now, without waiting; <see cref="FrameOutput.Broken"/> where the socket is gone.</returns>
    private int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = _socket.Send(bytes, SocketFlags.None, out var error);
            if (error is SocketError.Success or SocketError.WouldBlock)
                return sent;
        }
        catch (ObjectDisposedException)
        {
            // Kestrel closed it meanwhile; the same as a broken one.
        }

        _broken = true;
        return FrameOutput.Broken;
    }

    private async ValueTask<FlushResult> FlushRest(int sent, CancellationToken cancellation)
    {
        _flushing = true;
        using var pending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Volatile.Write(ref _pendingFlush, pending);
        try
        {
            while (sent < _length)
                sent += await _socket.SendAsync(_buffer.AsMemory(sent, _length - sent), SocketFlags.None, pending.Token);
            return new FlushResult(isCanceled: false, isCompleted: false);
        }
        catch (OperationCanceledException)
        {
            _broken = true;
            _connection.Abort();
            cancellation.ThrowIfCancellationRequested();
            return new FlushResult(isCanceled: true, isCompleted: true);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            _broken = true;
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
        finally
        {
            Volatile.Write(ref _pendingFlush, null);
            ReturnBuffer();
            _flushing = false;
        }
    }

    private void EnsureFree(int count)
    {
        if (_buffer.Length - _length >= count)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstBuffer, _buffer.Length * 2), _length + count));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void ReturnBuffer()
    {
        _length = 0;
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void BoundKernelQueue()
    {
        if (!OperatingSystem.IsLinux() || _socket.ProtocolType != ProtocolType.Tcp)
            return;
        try
        {
            _socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, NotSentLowWater, BitConverter.GetBytes(UnsentBytes));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // A kernel without the option, or a socket that is gone: the first write finds out.
        }
    }
}
