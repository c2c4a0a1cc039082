// Reads the characters of a JSON string's content one by one, escapes resolved. The content has passed the scanner.

using System.Buffers;
using System.Text;

namespace Gateway.Protocol.Json;

internal ref struct EscapedRunes(ReadOnlySpan<byte> content)
{
    /// <summary>What stands for bytes that are no UTF-8.</summary>
    public const int Broken = -1;

    private readonly ReadOnlySpan<byte> _content = content;
    private int _position;

    /// <param name="rune">A Unicode scalar; or a lone surrogate, which only an escape can write; or <see cref="Broken"/>.</param>
    public bool Next(out int rune)
    {
        rune = 0;
        if (_position >= _content.Length)
            return false;
        var first = _content[_position];
        if (first == '\\')
        {
            rune = Escape();
        }
        else if (first < 0x80)
        {
            _position++;
            rune = first;
        }
        else
        {
            var status = Rune.DecodeFromUtf8(_content[_position..], out var decoded, out var used);
            _position += used;
            rune = status == OperationStatus.Done ? decoded.Value : Broken;
        }

        return true;
    }

    private int Escape()
    {
        var kind = _content[_position + 1];
        _position += 2;
        if (kind != 'u')
        {
            return kind switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                _ => kind,
            };
        }

        var unit = (char)Hex(_content.Slice(_position, 4));
        _position += 4;
        if (char.IsHighSurrogate(unit) && _content[_position..] is [(byte)'\\', (byte)'u', ..])
        {
            var low = (char)Hex(_content.Slice(_position + 2, 4));
            if (char.IsLowSurrogate(low))
            {
                _position += 6;
                return char.ConvertToUtf32(unit, low);
            }
        }

        return unit;
    }

    private static int Hex(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits)
            value = (value << 4) | ((digit & 0xF) + ((digit >> 6) * 9));
        return value;
    }
}
