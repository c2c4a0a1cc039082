// Turns the content of JSON strings into text and compares names as they read unescaped. Whatever is no Unicode text
// (a lone surrogate, bytes that are no UTF-8) is refused; nothing here throws.

using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Protocol.Json;

internal static class JsonText
{
    /// <summary>The most bytes that one character takes: a surrogate pair written as two escapes.</summary>
    private const int MaxBytesPerCharacter = 12;

    private const int StackChars = 256;

    /// <param name="maxCharacters">Unicode characters, however many bytes or UTF-16 units each takes.</param>
    /// <returns>False where it is empty, too long or no Unicode text.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> content, int maxCharacters, out string text)
    {
        text = "";
        if (content.IsEmpty || content.Length > maxCharacters * MaxBytesPerCharacter)
            return false;
        if (content.Contains((byte)'\\'))
            return TryDecodeEscaped(content, maxCharacters, out text);
        if (!Utf8.IsValid(content) || (content.Length > maxCharacters && CountCharacters(content) > maxCharacters))
            return false;
        text = Encoding.UTF8.GetString(content);
        return true;
    }

    /// <summary>As <see cref="TryDecode"/>, for ASCII only and into the caller's memory; false where it doesn't fit.</summary>
    public static bool TryDecodeAscii(ReadOnlySpan<byte> content, Span<byte> destination, out int length)
    {
        length = 0;
        var runes = new EscapedRunes(content);
        while (runes.Next(out var rune))
        {
            if (rune is < 0 or >= 0x80 || length == destination.Length)
                return false;
            destination[length++] = (byte)rune;
        }

        return true;
    }

    public static bool SameName(in JsonMember left, in JsonMember right, ReadOnlySpan<byte> text)
    {
        if (left.NameHash != right.NameHash)
            return false;
        if (!left.NameEscaped && !right.NameEscaped)
            return left.Name(text).SequenceEqual(right.Name(text));
        var leftRunes = new EscapedRunes(left.Name(text));
        var rightRunes = new EscapedRunes(right.Name(text));
        while (leftRunes.Next(out var rune))
        {
            if (!rightRunes.Next(out var other) || rune != other)
                return false;
        }

        return !rightRunes.Next(out _);
    }

    /// <summary>FNV-1a over the characters, so that an escaped spelling hashes like the plain one.</summary>
    public static int HashName(ReadOnlySpan<byte> name)
    {
        const uint offsetBasis = 2166136261;
        const uint prime = 16777619;
        var hash = offsetBasis;
        var plain = 0;
        for (; plain < name.Length && name[plain] < 0x80 && name[plain] != '\\'; plain++)
            hash = (hash ^ name[plain]) * prime;
        var runes = new EscapedRunes(name[plain..]);
        while (runes.Next(out var rune))
            hash = (hash ^ (uint)rune) * prime;
        return (int)hash;
    }

    private static bool TryDecodeEscaped(ReadOnlySpan<byte> content, int maxCharacters, out string text)
    {
        text = "";
        var rented = content.Length > StackChars ? ArrayPool<char>.Shared.Rent(content.Length) : null;
        var units = rented ?? stackalloc char[StackChars];
        var length = 0;
        var characters = 0;
        var valid = true;
        var runes = new EscapedRunes(content);
        while (runes.Next(out var value))
        {
            valid = ++characters <= maxCharacters && Rune.TryCreate(value, out _);
            if (!valid)
                break;
            length += new Rune(value).EncodeToUtf16(units[length..]);
        }

        if (valid)
            text = new string(units[..length]);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);
        return valid;
    }

    private static int CountCharacters(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var value in utf8)
        {
            if ((value & 0xC0) != 0x80)
                count++;
        }

        return count;
    }
}
