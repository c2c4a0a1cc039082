// Builds a reply out of a frame that the scanner has found and checked, so that nothing can be wrong here. A reply with items copies the frame
// once and its strings point into that copy; a single string is copied alone.

namespace Gateway.Redis.Resp;

internal ref struct ReplyReader
{
    /// <summary>By far the most common text; nobody can change its bytes.</summary>
    private static readonly RedisReply Ok = RedisReply.OfText("OK");

    private readonly ReadOnlySpan<byte> _frame;
    private byte[]? _copy;
    private int _at;

    private ReplyReader(ReadOnlySpan<byte> frame) => _frame = frame;

    public static RedisReply Read(ReadOnlySpan<byte> frame) => new ReplyReader(frame).Value();

    private RedisReply Value()
    {
        while (true)
        {
            var type = _frame[_at++];
            var length = _frame[_at..].IndexOf((byte)'\r');
            var start = _at;
            var line = _frame.Slice(start, length);
            _at += length + 2;
            switch (type)
            {
                case (byte)'+' when line.SequenceEqual("OK"u8):
                    return Ok;
                case (byte)'+' or (byte)'(':
                    return Bytes(RedisKind.Text, start, length);
                case (byte)'-':
                    return RedisReply.OfError(ErrorReply.Of(line));
                case (byte)':':
                    RespNumber.TryInteger(line, out var integer);
                    return RedisReply.OfInteger(integer);
                case (byte)',':
                    RespNumber.TryDouble(line, out var number);
                    return RedisReply.OfDouble(number);
                case (byte)'#':
                    return RedisReply.OfBoolean(line[0] == 't');
                case (byte)'_':
                    return default;
                case (byte)'$' or (byte)'=' or (byte)'!':
                    return Bulk(type, line);
                case (byte)'|':
                    Attribute(line);
                    continue;
                default:
                    return Items(type, line);
            }
        }
    }

    private RedisReply Bulk(byte type, ReadOnlySpan<byte> line)
    {
        if (!RespNumber.TryCount(line, out var length))
            return default;
        var start = _at;
        _at += length + 2;
        return type switch
        {
            (byte)'!' => RedisReply.OfError(ErrorReply.Of(_frame.Slice(start, length))),
            (byte)'=' => Bytes(RedisKind.Text, start + 4, length - 4),
            _ => Bytes(RedisKind.Blob, start, length),
        };
    }

    private RedisReply Items(byte type, ReadOnlySpan<byte> line)
    {
        if (!RespNumber.TryCount(line, out var count))
            return default;
        var items = new RedisReply[type == '%' ? 2 * count : count];
        _copy ??= items.Length == 0 ? null : _frame.ToArray();
        for (var i = 0; i < items.Length; i++)
            items[i] = Value();
        return RedisReply.OfItems(type switch { (byte)'%' => RedisKind.Map, (byte)'~' => RedisKind.Set, _ => RedisKind.Array }, items);
    }

    /// <summary>Attributes are hints that nobody here asks for.</summary>
    private void Attribute(ReadOnlySpan<byte> line)
    {
        RespNumber.TryCount(line, out var count);
        for (var i = 0; i < 2 * count; i++)
            Value();
    }

    private readonly RedisReply Bytes(RedisKind kind, int start, int length) => _copy is { } copy
        ? RedisReply.OfBytes(kind, copy, start, length)
        : RedisReply.OfBytes(kind, _frame.Slice(start, length).ToArray());
}
