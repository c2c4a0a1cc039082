// A signal between members as the bytes that Redis pushes: flags userId name roomField. The only kind there is so far is typing.

namespace Gateway.Actors.Engine.Redis;

internal static class SignalCodec
{
    private const byte Typing = 1;
    private const byte IsActive = 2;
    private const byte CarriedFlag = 4;

    /// <summary>Null: a kind that is not relayed.</summary>
    public static byte[]? Encode(RoomSignal signal, ReadOnlySpan<byte> header)
    {
        if (signal is not TypingSignal typing)
            return null;
        var bytes = new byte[header.Length + 1 + WireText.Size(typing.UserId) + WireText.Size(typing.Name) + typing.RoomField.Length];
        header.CopyTo(bytes);
        bytes[header.Length] = (byte)(Typing | (typing.Active ? IsActive : 0) | (typing.CarriedFlag ? CarriedFlag : 0));
        var rest = WireText.Write(bytes.AsSpan(header.Length + 1), typing.UserId);
        rest = WireText.Write(rest, typing.Name);
        typing.RoomField.Span.CopyTo(rest);
        return bytes;
    }

    public static RoomSignal? Decode(ReadOnlyMemory<byte> body)
    {
        if (body.Length == 0 || (body.Span[0] & Typing) == 0)
            return null;
        var flags = body.Span[0];
        body = body[1..];
        if (!WireText.TryRead(ref body, out var userId) || !WireText.TryRead(ref body, out var name))
            return null;
        return new TypingSignal(userId, name, (flags & IsActive) != 0, (flags & CarriedFlag) != 0, body.IsEmpty ? default : body);
    }
}
