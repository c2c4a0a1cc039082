// Finds where a RESP3 frame ends, and checks it on the way: sizes, depth, numbers, line ends. It keeps its place, so that a frame that comes
// in many pieces is looked at once. It allocates nothing by what a peer claims, and throws nothing.

namespace Gateway.Redis.Resp;

internal sealed class FrameScanner(FrameLimits limits)
{
    private readonly Level[] _levels = new Level[limits.Depth];
    private int _depth;
    private int _at;
    private int _items;

    /// <summary>After a frame: where its value begins, behind attributes that may stand before it.</summary>
    public int ValueStart { get; private set; }

    /// <summary>After a frame: where it ends.</summary>
    public int Length { get; private set; }

    /// <summary>After Malformed: what is wrong.</summary>
    public string Fault { get; private set; } = "";

    /// <param name="bytes">All that was received since the last frame's end.</param>
    public ScanResult Scan(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var result = Value(bytes, out var isComplete);
            if (result != ScanResult.Frame)
                return result;
            if (_at > limits.Frame)
                return Malformed("a reply is longer than the bound");
            if (!isComplete || !Ascend())
                continue;

            Length = _at;
            (_at, _items) = (0, 0);
            return ScanResult.Frame;
        }
    }

    /// <summary>Whether the value that was just completed completes the frame.</summary>
    private bool Ascend()
    {
        while (_depth > 0)
        {
            ref var level = ref _levels[_depth - 1];
            if (--level.Remaining > 0)
                return false;
            _depth--;
            if (level.IsAttribute)
            {
                MarkValueStart();
                return false;
            }
        }

        return true;
    }

    private ScanResult Value(ReadOnlySpan<byte> bytes, out bool isComplete)
    {
        isComplete = true;
        if (_at >= bytes.Length)
            return ScanResult.More;
        if (_at == 0)
            ValueStart = 0;

        var rest = bytes[_at..];
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
            return rest.Length > FrameLimits.Line ? Malformed("a line has no end") : ScanResult.More;
        if (end < 2 || rest[end - 1] != '\r')
            return Malformed("a line ends without CR LF");
        if (++_items > limits.Items)
            return Malformed("a reply has more items than the bound");

        var line = rest[1..(end - 1)];
        var header = end + 1;
        switch (rest[0])
        {
            case (byte)'+' or (byte)'-' or (byte)'(':
                return Line(header, line.Length <= FrameLimits.Line && !line.Contains((byte)'\r'));
            case (byte)':':
                return Line(header, RespNumber.IsInteger(line));
            case (byte)',':
                return Line(header, RespNumber.IsDouble(line));
            case (byte)'#':
                return Line(header, line is [(byte)'t'] or [(byte)'f']);
            case (byte)'_':
                return Line(header, line.IsEmpty);
            case (byte)'$' or (byte)'=' or (byte)'!':
                return Bulk(rest, line, header);
            case (byte)'*' or (byte)'~' or (byte)'%' or (byte)'|':
                return Aggregate(rest[0], line, header, out isComplete);
            case (byte)'>' when _depth == 0:
                return Aggregate(rest[0], line, header, out isComplete);
            default:
                return Malformed("a reply is of no known type");
        }
    }

    private ScanResult Line(int length, bool isWellFormed)
    {
        if (!isWellFormed)
            return Malformed("a reply's line is not what its type says");
        _at += length;
        return ScanResult.Frame;
    }

    private ScanResult Bulk(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> line, int header)
    {
        if (rest[0] == '$' && line.SequenceEqual("-1"u8))
            return Line(header, true);
        if (!RespNumber.TryCount(line, out var length))
            return Malformed("a string's length is no number");
        if (length > limits.Bulk)
            return Malformed("a string is longer than the bound");
        if (_at + header + length + 2 > limits.Frame)
            return Malformed("a reply is longer than the bound");
        if (rest.Length < header + length + 2)
        {
            // The header is read again when more has come; it has been counted already.
            _items--;
            return ScanResult.More;
        }

        if (rest[header + length] != '\r' || rest[header + length + 1] != '\n')
            return Malformed("a string ends without CR LF");
        if (rest[0] == '=' && (length < 4 || rest[header + 3] != ':'))
            return Malformed("a verbatim string names no format");
        _at += header + length + 2;
        return ScanResult.Frame;
    }

    private ScanResult Aggregate(byte type, ReadOnlySpan<byte> line, int header, out bool isComplete)
    {
        isComplete = true;
        if (type == '*' && line.SequenceEqual("-1"u8))
            return Line(header, true);
        if (!RespNumber.TryCount(line, out var count) || (type == '>' && count == 0))
            return Malformed("a count is no number");
        if (count > limits.Items)
            return Malformed("a reply has more items than the bound");

        _at += header;
        var isAttribute = type == '|';
        if (count == 0)
        {
            isComplete = !isAttribute;
            if (isAttribute)
                MarkValueStart();
            return ScanResult.Frame;
        }

        isComplete = false;
        if (_depth == _levels.Length)
            return Malformed("a reply is nested deeper than the bound");
        _levels[_depth++] = new Level { Remaining = type is (byte)'%' or (byte)'|' ? 2L * count : count, IsAttribute = isAttribute };
        return ScanResult.Frame;
    }

    private void MarkValueStart()
    {
        if (_depth == 0)
            ValueStart = _at;
    }

    private ScanResult Malformed(string fault)
    {
        Fault = fault;
        return ScanResult.Malformed;
    }

    private struct Level
    {
        public long Remaining;
        public bool IsAttribute;
    }
}
