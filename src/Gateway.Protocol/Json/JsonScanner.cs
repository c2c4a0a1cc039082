// Walks JSON text (RFC 8259, strictly) over UTF-8: validates values and yields members and elements as offsets. Run by the
// parser for every frame, so it never throws, allocates or recurses: the framework's Utf8JsonReader reports a peer's mistakes
// by throwing, microseconds and a kilobyte each, and malformed frames must cost no more than good ones (docs/decisions/0002).

using System.Buffers;

namespace Gateway.Protocol.Json;

internal enum JsonStep
{
    Found,
    End,
    Malformed,
}

internal ref struct JsonScanner(ReadOnlySpan<byte> text)
{
    /// <summary>What ends a run of plain string bytes: the quote, the backslash, and what may not stand in a string.</summary>
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f"u8 +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"u8);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _position;
    private int _depth;
    private bool _entered;

    public readonly ReadOnlySpan<byte> Text => _text;

    /// <summary>The next byte that is no whitespace, or -1 at the end.</summary>
    public int Peek()
    {
        if (_position < _text.Length && _text[_position] > ' ')
            return _text[_position];
        SkipWhitespace();
        return _position < _text.Length ? _text[_position] : -1;
    }

    public bool AtEnd() => Peek() < 0;

    /// <summary>Steps over an opening bracket that <see cref="Peek"/> has just seen; its members or elements come next.</summary>
    public void Enter()
    {
        _position++;
        _depth++;
        _entered = true;
    }

    /// <summary>The next member of the object that was entered.</summary>
    public JsonStep NextMember(out JsonMember member)
    {
        member = default;
        var step = NextItem((byte)'}');
        if (step != JsonStep.Found)
            return step;
        if (Peek() != '"')
            return JsonStep.Malformed;
        member.NameStart = _position + 1;
        if (!SkipString(out member.NameEscaped))
            return JsonStep.Malformed;
        member.NameLength = _position - 1 - member.NameStart;
        return SkipColon() && ReadValue(ref member) ? JsonStep.Found : JsonStep.Malformed;
    }

    /// <summary>The next element of the array that was entered.</summary>
    public JsonStep NextElement(out JsonMember element)
    {
        element = default;
        var step = NextItem((byte)']');
        if (step != JsonStep.Found)
            return step;
        return ReadValue(ref element) ? JsonStep.Found : JsonStep.Malformed;
    }

    /// <summary>Reads one value of any kind; nesting counts from the outermost bracket that was entered.</summary>
    public bool ReadValue(ref JsonMember member)
    {
        var first = Peek();
        member.ValueStart = _position;
        member.Kind = first switch
        {
            '{' => JsonKind.Object,
            '[' => JsonKind.Array,
            '"' => JsonKind.String,
            't' => JsonKind.True,
            'f' => JsonKind.False,
            'n' => JsonKind.Null,
            _ => JsonKind.Number,
        };
        if (!(first is '{' or '[' ? SkipNested() : SkipScalar()))
            return false;
        member.ValueLength = _position - member.ValueStart;
        return true;
    }

    /// <summary>Stands before the next item, or consumes the closing bracket.</summary>
    private JsonStep NextItem(byte close)
    {
        var first = _entered;
        _entered = false;
        var next = Peek();
        if (next == close)
        {
            _position++;
            _depth--;
            return JsonStep.End;
        }

        if (first)
            return next < 0 ? JsonStep.Malformed : JsonStep.Found;
        if (next != ',')
            return JsonStep.Malformed;
        _position++;
        return JsonStep.Found;
    }

    /// <summary>Validates an object or array with all it holds. One bit a level says whether that level is an object.</summary>
    private bool SkipNested()
    {
        var outer = _depth;
        ulong objects = 0;
        while (true)
        {
            var next = Peek();
            if (next is '{' or '[')
            {
                if (_depth == ProtocolLimits.JsonDepth)
                    return false;
                _depth++;
                _position++;
                objects = (objects << 1) | (next == '{' ? 1ul : 0ul);
                var inside = Peek();
                if (inside != (next == '{' ? '}' : ']'))
                {
                    if (next == '{' && !SkipName())
                        return false;
                    continue;
                }
            }
            else if (!SkipScalar())
            {
                return false;
            }

            if (!SkipClosings(outer, ref objects))
                return false;
            if (_depth == outer)
                return true;
        }
    }

    /// <summary>Behind a value: consumes closing brackets, up to a comma (and the name behind it) or the level that was given.</summary>
    private bool SkipClosings(int outer, ref ulong objects)
    {
        while (_depth > outer)
        {
            var inObject = (objects & 1) != 0;
            var next = Peek();
            if (next == ',')
            {
                _position++;
                return !inObject || SkipName();
            }

            if (next != (inObject ? '}' : ']'))
                return false;
            _position++;
            _depth--;
            objects >>= 1;
        }

        return true;
    }

    private bool SkipName() => Peek() == '"' && SkipString(out _) && SkipColon();

    private bool SkipColon()
    {
        if (Peek() != ':')
            return false;
        _position++;
        return true;
    }

    private bool SkipScalar() => Peek() switch
    {
        '"' => SkipString(out _),
        't' => SkipLiteral("true"u8),
        'f' => SkipLiteral("false"u8),
        'n' => SkipLiteral("null"u8),
        _ => SkipNumber(),
    };

    private bool SkipLiteral(ReadOnlySpan<byte> literal)
    {
        if (!_text[_position..].StartsWith(literal))
            return false;
        _position += literal.Length;
        return true;
    }

    private bool SkipString(out bool escaped)
    {
        escaped = false;
        var position = _position + 1;
        while (true)
        {
            var plain = _text[position..].IndexOfAny(StringStops);
            if (plain < 0)
                return false;
            position += plain;
            if (_text[position] == '"')
            {
                _position = position + 1;
                return true;
            }

            if (_text[position] != '\\')
                return false;
            escaped = true;
            var length = EscapeLength(_text[position..]);
            if (length == 0)
                return false;
            position += length;
        }
    }

    /// <returns>2 or 6; 0 where it is no escape.</returns>
    private static int EscapeLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
            return 0;
        if (text[1] is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
            return 2;
        if (text[1] != 'u' || text.Length < 6)
            return 0;
        foreach (var digit in text[2..6])
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return 0;
        }

        return 6;
    }

    private bool SkipNumber()
    {
        var rest = _text[_position..];
        var at = rest is [(byte)'-', ..] ? 1 : 0;
        var whole = CountDigits(rest[at..]);
        if (whole == 0 || (whole > 1 && rest[at] == '0'))
            return false;
        at += whole;
        if (at < rest.Length && rest[at] == '.')
        {
            var decimals = CountDigits(rest[++at..]);
            if (decimals == 0)
                return false;
            at += decimals;
        }

        if (at < rest.Length && rest[at] is (byte)'e' or (byte)'E')
        {
            at++;
            if (at < rest.Length && rest[at] is (byte)'+' or (byte)'-')
                at++;
            var exponent = CountDigits(rest[at..]);
            if (exponent == 0)
                return false;
            at += exponent;
        }

        _position += at;
        return true;
    }

    private static int CountDigits(ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (count < text.Length && char.IsAsciiDigit((char)text[count]))
            count++;
        return count;
    }

    private void SkipWhitespace()
    {
        while (_position < _text.Length && _text[_position] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            _position++;
    }
}
