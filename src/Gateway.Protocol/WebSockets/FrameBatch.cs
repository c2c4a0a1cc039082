// Ready WebSocket frames back to back in one pooled buffer, shared by every connection that they go to. The maker fills it,
// then only reads; the last one to release it gives the memory back. Never touched after one's own release.

using System.Buffers;

namespace Gateway.Protocol.WebSockets;

public sealed class FrameBatch : IBufferWriter<byte>
{
    /// <summary>The longest server frame header: 2 bytes and a 64-bit length (server frames bear no mask).</summary>
    private const int MaxHeader = 10;

    /// <summary>The header of the usual frame, of 126 to 65535 bytes: left free, so that its payload need not be moved.</summary>
    private const int UsualHeader = 4;

    private const int UsualPayload = 256;

    private byte[] _buffer;
    private int _length;
    private int _payloadStart = -1;
    private int _references = 1;

    private FrameBatch(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length => _length;

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    public static FrameBatch Rent(int capacity = 512) => new(capacity);

    /// <summary>Opens a frame; its payload is then written through <see cref="IBufferWriter{T}"/>.</summary>
    public void BeginFrame()
    {
        EnsureFree(UsualHeader + UsualPayload);
        _payloadStart = _length + UsualHeader;
        _length = _payloadStart;
    }

    /// <summary>Closes the frame: writes its header; where that takes more or less than the usual, the payload is moved.</summary>
    /// <returns>The bytes of the whole frame.</returns>
    public int EndFrame(byte opcode = Opcode.Text)
    {
        var payload = _length - _payloadStart;
        var frameStart = _payloadStart - UsualHeader;
        Span<byte> header = stackalloc byte[MaxHeader];
        var headerLength = FrameHeader.Write(header, opcode, payload);
        if (headerLength != UsualHeader)
        {
            EnsureFree(MaxHeader - UsualHeader);
            _buffer.AsSpan(_payloadStart, payload).CopyTo(_buffer.AsSpan(frameStart + headerLength));
        }

        header[..headerLength].CopyTo(_buffer.AsSpan(frameStart));
        _length = frameStart + headerLength + payload;
        _payloadStart = -1;
        return headerLength + payload;
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        ArrayPool<byte>.Shared.Return(buffer);
    }

    void IBufferWriter<byte>.Advance(int count) => _length += count;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    private void EnsureFree(int count)
    {
        if (_buffer.Length - _length >= count)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + count));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
