// Reads what RowWriter wrote. Only bodies whose checksum was right come here, so a malformed one is a bug of ours.

using System.Buffers.Binary;
using System.Text;

namespace Gateway.Actors.Engine.Embedded;

internal ref struct RowReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public long Long()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    public string Text() => Encoding.UTF8.GetString(Blob());

    public ReadOnlySpan<byte> Blob()
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        var value = _rest.Slice(4, length);
        _rest = _rest[(4 + length)..];
        return value;
    }
}
