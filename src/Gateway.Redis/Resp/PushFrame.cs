// Reads a push of channels without building a reply: its kind, its channel, and the payload or the count behind them.

namespace Gateway.Redis.Resp;

internal readonly ref struct PushFrame
{
    private PushFrame(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        Kind = kind;
        Channel = channel;
        Payload = payload;
    }

    public ReadOnlySpan<byte> Kind { get; }

    public ReadOnlySpan<byte> Channel { get; }

    /// <summary>Of a message; otherwise empty.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <param name="frame">As the scanner has checked it.</param>
    /// <returns>Whether it is a push of a kind and a channel.</returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, out PushFrame push)
    {
        push = default;
        if (frame[0] != '>')
            return false;
        RespNumber.TryCount(Line(frame), out var count);
        var rest = frame[(Line(frame).Length + 3)..];
        if (count != 3 || !TryString(ref rest, out var kind) || !TryString(ref rest, out var channel))
            return false;
        push = new PushFrame(kind, channel, TryString(ref rest, out var payload) ? payload : default);
        return true;
    }

    private static bool TryString(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> text)
    {
        var line = Line(rest);
        text = line;
        var header = line.Length + 3;
        if (rest[0] == '+')
        {
            rest = rest[header..];
            return true;
        }

        if (rest[0] != '$' || !RespNumber.TryCount(line, out var length))
            return false;
        text = rest.Slice(header, length);
        rest = rest[(header + length + 2)..];
        return true;
    }

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> text) => text[1..text.IndexOf((byte)'\r')];
}
