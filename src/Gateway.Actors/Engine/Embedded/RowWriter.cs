// Writes the body of a row: numbers of eight bytes, texts and bytes with their length before them. One instance is
// reused by the writer thread; what Bytes returns is valid until Clear.

using System.Buffers.Binary;
using System.Text;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class RowWriter
{
    private byte[] _buffer = new byte[512];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    public RowWriter Clear()
    {
        _length = 0;
        return this;
    }

    public RowWriter Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);
        _length += 8;
        return this;
    }

    public RowWriter Text(string value)
    {
        var free = Reserve(4 + Encoding.UTF8.GetMaxByteCount(value.Length));
        var written = Encoding.UTF8.GetBytes(value, free[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(free, written);
        _length += 4 + written;
        return this;
    }

    public RowWriter Blob(ReadOnlySpan<byte> value)
    {
        var free = Reserve(4 + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(free, value.Length);
        value.CopyTo(free[4..]);
        _length += 4 + value.Length;
        return this;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        return _buffer.AsSpan(_length);
    }
}
