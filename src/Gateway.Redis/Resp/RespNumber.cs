// The numbers of RESP3, strictly: no white space, no plus but in an exponent, nothing after the digits.

using System.Buffers.Text;

namespace Gateway.Redis.Resp;

internal static class RespNumber
{
    public static bool IsInteger(ReadOnlySpan<byte> text) => TryInteger(text, out _);

    public static bool TryInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text is [(byte)'+', ..])
            text = text[1..];
        return text is [>= (byte)'0' and <= (byte)'9' or (byte)'-', ..] && Utf8Parser.TryParse(text, out value, out int used) && used == text.Length;
    }

    /// <summary>A length or a count: digits alone, at most nine.</summary>
    public static bool TryCount(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        if (text.Length is 0 or > 9)
            return false;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            value = (value * 10) + (digit - '0');
        }

        return true;
    }

    public static bool IsDouble(ReadOnlySpan<byte> text) => TryDouble(text, out _);

    public static bool TryDouble(ReadOnlySpan<byte> text, out double value)
    {
        value = text switch
        {
            _ when text.SequenceEqual("inf"u8) => double.PositiveInfinity,
            _ when text.SequenceEqual("-inf"u8) => double.NegativeInfinity,
            _ when text.SequenceEqual("nan"u8) || text.SequenceEqual("-nan"u8) => double.NaN,
            _ => 0,
        };
        return value != 0 || (text.Length is > 0 and < 512 && text[0] is not (byte)'+' && Utf8Parser.TryParse(text, out value, out int used) && used == text.Length);
    }
}
