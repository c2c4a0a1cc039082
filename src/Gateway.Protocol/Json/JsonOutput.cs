// Writes pieces of JSON straight into a buffer writer. The caller is answerable for the structure; strings come out escaped
// and valid whatever they hold (half a surrogate pair becomes U+FFFD). Complete must be called once, at the end.

using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;

namespace Gateway.Protocol.Json;

internal ref struct JsonOutput(IBufferWriter<byte> output)
{
    private const int LongestNumber = 20;
    private const int MaxUtf8BytesPerUnit = 3;

    /// <summary>What is asked of the writer at least, so that short pieces share one request.</summary>
    private const int Chunk = 256;

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f" +
        "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    private readonly IBufferWriter<byte> _output = output;
    private Span<byte> _span;
    private int _used;

    /// <summary>Bytes that are JSON already.</summary>
    public void Raw(scoped ReadOnlySpan<byte> json)
    {
        json.CopyTo(Free(json.Length));
        _used += json.Length;
    }

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, Free(LongestNumber), out var written);
        _used += written;
    }

    public void Flag(bool value) => Raw(value ? "true"u8 : "false"u8);

    /// <summary>A string with its quotes.</summary>
    public void Text(scoped ReadOnlySpan<char> text)
    {
        Raw("\""u8);
        while (true)
        {
            var plain = text.IndexOfAny(Escaped);
            Plain(plain < 0 ? text : text[..plain]);
            if (plain < 0)
                break;
            Escape(text[plain]);
            text = text[(plain + 1)..];
        }

        Raw("\""u8);
    }

    /// <summary>A time with its quotes, always with three decimals and Z.</summary>
    public void Time(DateTimeOffset time) => Time(time.UtcDateTime);

    /// <param name="unixMs">Milliseconds since 1970; a time that no calendar has is cut to the nearest.</param>
    public void Time(long unixMs)
    {
        const long first = -62_135_596_800_000;
        const long last = 253_402_300_799_999;
        Time(DateTime.UnixEpoch.AddTicks(Math.Clamp(unixMs, first, last) * TimeSpan.TicksPerMillisecond));
    }

    /// <summary>Hands what was written to the buffer writer.</summary>
    public void Complete()
    {
        _output.Advance(_used);
        _span = default;
        _used = 0;
    }

    private void Time(DateTime utc)
    {
        const int length = 26;
        var target = Free(length)[..length];
        "\"0000-00-00T00:00:00.000Z\""u8.CopyTo(target);
        Digits(target.Slice(1, 4), utc.Year);
        Digits(target.Slice(6, 2), utc.Month);
        Digits(target.Slice(9, 2), utc.Day);
        Digits(target.Slice(12, 2), utc.Hour);
        Digits(target.Slice(15, 2), utc.Minute);
        Digits(target.Slice(18, 2), utc.Second);
        Digits(target.Slice(21, 3), utc.Millisecond);
        _used += length;
    }

    private static void Digits(scoped Span<byte> target, int value)
    {
        for (var i = target.Length - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }

    private void Plain(scoped ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;
        Utf8.FromUtf16(text, Free(text.Length * MaxUtf8BytesPerUnit), out _, out var written, replaceInvalidSequences: true);
        _used += written;
    }

    private void Escape(char character)
    {
        switch (character)
        {
            case '"':
                Raw("\\\""u8);
                break;
            case '\\':
                Raw("\\\\"u8);
                break;
            case '\n':
                Raw("\\n"u8);
                break;
            case '\r':
                Raw("\\r"u8);
                break;
            case '\t':
                Raw("\\t"u8);
                break;
            default:
                Raw(character < 0x10 ? "\\u000"u8 : "\\u001"u8);
                Raw([(byte)"0123456789abcdef"[character & 0xF]]);
                break;
        }
    }

    private Span<byte> Free(int count)
    {
        if (_span.Length - _used < count)
        {
            if (_used > 0)
                _output.Advance(_used);
            _span = _output.GetSpan(Math.Max(count, Chunk));
            _used = 0;
        }

        return _span[_used..];
    }
}
