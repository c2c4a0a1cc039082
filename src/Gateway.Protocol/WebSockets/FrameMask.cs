// Takes the mask off a client's payload in place (RFC 6455 §5.3).

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Protocol.WebSockets;

internal static class FrameMask
{
    /// <param name="key">The four bytes of the frame's key.</param>
    public static void Remove(Span<byte> payload, ReadOnlySpan<byte> key)
    {
        var word = MemoryMarshal.Read<uint>(key);
        var wide = Vector256.Create(word).AsByte();
        var blocks = MemoryMarshal.Cast<byte, Vector256<byte>>(payload);
        foreach (ref var block in blocks)
            block ^= wide;

        // A block is a whole number of keys long, so the rest begins with the key's first byte again.
        var rest = payload[(blocks.Length * Vector256<byte>.Count)..];
        var words = MemoryMarshal.Cast<byte, uint>(rest);
        foreach (ref var next in words)
            next ^= word;
        rest = rest[(words.Length * sizeof(uint))..];
        for (var i = 0; i < rest.Length; i++)
            rest[i] ^= key[i];
    }
}
