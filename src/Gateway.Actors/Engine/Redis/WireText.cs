// Texts inside the binary bodies that Redis keeps and pushes: length in bytes (7 bits a byte, the lowest first), then UTF-8.

using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Actors.Engine.Redis;

internal static class WireText
{
    // More than any text that an event has.
    private const int MaxLengthBytes = 4;

    public static int Size(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        var size = bytes + 1;
        for (var rest = bytes >> 7; rest > 0; rest >>= 7)
            size++;
        return size;
    }

    /// <returns>What is left behind the text.</returns>
    public static Span<byte> Write(Span<byte> target, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var at = 0;
        for (var rest = length; ; rest >>= 7)
        {
            target[at++] = (byte)(rest < 0x80 ? rest : (rest & 0x7F) | 0x80);
            if (rest < 0x80)
                break;
        }

        Encoding.UTF8.GetBytes(text, target[at..]);
        return target[(at + length)..];
    }

    public static bool TryRead(ref ReadOnlyMemory<byte> source, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var span = source.Span;
        var length = 0;
        for (var at = 0; at < MaxLengthBytes && at < span.Length; at++)
        {
            length |= (span[at] & 0x7F) << (7 * at);
            if (span[at] >= 0x80)
                continue;
            if (length > span.Length - at - 1)
                return false;
            text = Encoding.UTF8.GetString(span.Slice(at + 1, length));
            source = source[(at + 1 + length)..];
            return true;
        }

        return false;
    }
}
