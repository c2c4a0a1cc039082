// The checksum each row bears: 64 bits over its key and content, so that a row that was damaged, or strayed to
// another key, is found when it is read. Not a defence against an attacker who can write the file.

using System.Buffers.Binary;

namespace Gateway.Actors.Engine.Embedded;

internal struct RowChecksum
{
    // Odd 64-bit constants with well-spread bits (the fractions of the golden ratio and of the square root of 3).
    private const ulong First = 0x9E3779B97F4A7C15;
    private const ulong Second = 0xBB67AE8584CAA73B;

    private ulong _state;

    /// <param name="table">So that a row of one table is never right in another.</param>
    public RowChecksum(int table) => _state = First ^ ((ulong)table * Second);

    public void Add(long value) => Mix((ulong)value);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Mix((ulong)bytes.Length);
        while (bytes.Length >= 8)
        {
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        if (bytes.IsEmpty)
            return;
        Span<byte> rest = stackalloc byte[8];
        rest.Clear();
        bytes.CopyTo(rest);
        Mix(BinaryPrimitives.ReadUInt64LittleEndian(rest));
    }

    public readonly long Value => (long)_state;

    private void Mix(ulong word)
    {
        var high = Math.BigMul(_state ^ word, First, out var low);
        _state = (high ^ low) + (word * Second) + 1;
    }
}
