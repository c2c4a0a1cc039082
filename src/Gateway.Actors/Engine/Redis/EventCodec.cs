// An event as the bytes that Redis keeps and pushes: what the sender gave. Position and time are beside it; the room is known by where it lies.
//     version flags [origin, 8 bytes] type id senderId senderName [key] fields
// A text is its length in bytes (7 bits a byte, the lowest first) and UTF-8; the fields are the rest.

using System.Buffers.Binary;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis;

internal static class EventCodec
{
    private const byte Version = 1;
    private const byte IsEphemeral = 1;
    private const byte HasKey = 2;
    private const byte HasOrigin = 4;

    /// <param name="header">Comes before the body in the same bytes.</param>
    public static byte[] Encode(RoomEvent roomEvent, ReadOnlySpan<byte> header = default)
    {
        var length = header.Length + 2 + (roomEvent.Origin != 0 ? 8 : 0) + roomEvent.Fields.Length
            + WireText.Size(roomEvent.Type) + WireText.Size(roomEvent.Id) + WireText.Size(roomEvent.SenderId) + WireText.Size(roomEvent.SenderName)
            + (roomEvent.Key is { } key ? WireText.Size(key) : 0);
        var bytes = new byte[length];
        header.CopyTo(bytes);
        var rest = bytes.AsSpan(header.Length);
        rest[0] = Version;
        rest[1] = (byte)((roomEvent.Ephemeral ? IsEphemeral : 0) | (roomEvent.Key is not null ? HasKey : 0) | (roomEvent.Origin != 0 ? HasOrigin : 0));
        rest = rest[2..];
        if (roomEvent.Origin != 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, roomEvent.Origin);
            rest = rest[8..];
        }

        rest = WireText.Write(rest, roomEvent.Type);
        rest = WireText.Write(rest, roomEvent.Id);
        rest = WireText.Write(rest, roomEvent.SenderId);
        rest = WireText.Write(rest, roomEvent.SenderName);
        if (roomEvent.Key is not null)
            rest = WireText.Write(rest, roomEvent.Key);
        roomEvent.Fields.Span.CopyTo(rest);
        return bytes;
    }

    /// <summary>Null where it is no body of ours. The fields stay where they are.</summary>
    public static RoomEvent? Decode(RoomName room, ReadOnlyMemory<byte> body, long seq, string? epoch, long timestampMs)
    {
        if (body.Length < 2 || body.Span[0] != Version)
            return null;
        var flags = body.Span[1];
        body = body[2..];
        ulong origin = 0;
        if ((flags & HasOrigin) != 0)
        {
            if (!BinaryPrimitives.TryReadUInt64LittleEndian(body.Span, out origin))
                return null;
            body = body[8..];
        }

        string? key = null;
        if (!WireText.TryRead(ref body, out var type) || !WireText.TryRead(ref body, out var id)
            || !WireText.TryRead(ref body, out var senderId) || !WireText.TryRead(ref body, out var senderName)
            || ((flags & HasKey) != 0 && !WireText.TryRead(ref body, out key)))
            return null;
        return new RoomEvent
        {
            Room = room,
            Type = type,
            Id = id,
            SenderId = senderId,
            SenderName = senderName,
            Key = key,
            Fields = body,
            Origin = origin,
            Ephemeral = (flags & IsEphemeral) != 0,
            Seq = seq,
            Epoch = epoch,
            TimestampMs = timestampMs,
        };
    }
}
