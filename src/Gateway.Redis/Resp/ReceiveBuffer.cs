// What a connection has received and not yet read, in one piece. It grows only by what really came, and becomes small again.

using System.Buffers;

namespace Gateway.Redis.Resp;

internal sealed class ReceiveBuffer : IDisposable
{
    /// <summary>A socket's usual receive buffer: one read takes what gathered meanwhile.</summary>
    private const int Small = 64 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Small);
    private int _start;
    private int _end;

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    public void Skip(int count)
    {
        _start += count;
        if (_start == _end)
            (_start, _end) = (0, 0);
    }

    /// <summary>Room for the next read.</summary>
    public Memory<byte> Free()
    {
        var unread = _end - _start;
        if (unread == 0 && _bytes.Length > 4 * Small)
            Replace(Small);
        else if (_bytes.Length - _end < Small / 4)
            MakeRoom(unread);
        return _bytes.AsMemory(_end);
    }

    public void Received(int count) => _end += count;

    public void Dispose()
    {
        var bytes = _bytes;
        (_bytes, _start, _end) = ([], 0, 0);
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void MakeRoom(int unread)
    {
        if (unread > _bytes.Length / 2)
        {
            Replace(2 * _bytes.Length);
            return;
        }

        _bytes.AsSpan(_start, unread).CopyTo(_bytes);
        (_start, _end) = (0, unread);
    }

    private void Replace(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        var unread = _end - _start;
        Unread.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _start, _end) = (larger, 0, unread);
    }
}
