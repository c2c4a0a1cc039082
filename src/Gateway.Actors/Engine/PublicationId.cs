// By what a client's event id is remembered: a hash of it and of whose it is, so that no id takes more room than another.

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Actors.Engine;

internal static class PublicationId
{
    public static UInt128 HashOf(string scope, string id)
    {
        // The scope's length keeps ("ab", "c") from ("a", "bc"). Cryptographic, since clients choose the ids.
        Span<byte> text = stackalloc byte[1024];
        var needed = 4 + Encoding.UTF8.GetMaxByteCount(scope.Length + id.Length);
        if (needed > text.Length)
            text = new byte[needed];
        var length = Encoding.UTF8.GetBytes(scope, text[4..]);
        BitConverter.TryWriteBytes(text, length);
        length += 4;
        length += Encoding.UTF8.GetBytes(id, text[length..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
