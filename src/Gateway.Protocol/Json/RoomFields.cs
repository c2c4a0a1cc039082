// Which room a client's frame names: room, roomId, chatId and conversationId are the same field.

using System.Text;

namespace Gateway.Protocol.Json;

internal static class RoomFields
{
    /// <summary>The room that is named; null where none is, or the fields have failed.</summary>
    public static RoomName? Read(ref MessageFields fields)
    {
        RoomName? named = null;
        var text = fields.Source.Text;
        foreach (ref readonly var member in fields.Source.Members)
        {
            if (!FieldNames.NamesRoom(member.Known))
                continue;
            if (!TryReadName(member, text, out var room))
            {
                fields.Fail(ErrorCode.BadRoom, "Is no room name.", FieldNames.Text(member.Known));
                return null;
            }

            if (named is { } other && other != room)
            {
                fields.Fail(ErrorCode.BadRoom, "The fields that name the room disagree.", FieldNames.Text(member.Known));
                return null;
            }

            named = room;
        }

        return named;
    }

    /// <summary>The first member that names the room by another name than <c>room</c>, as it was written; else empty.</summary>
    public static byte[] CopyAlias(JsonObject source)
    {
        foreach (ref readonly var member in source.Members)
        {
            if (member.Known == FieldName.Room || !FieldNames.NamesRoom(member.Known))
                continue;
            var name = member.Name(source.Text);
            var value = member.Value(source.Text);
            return [(byte)'"', .. name, (byte)'"', (byte)':', .. value];
        }

        return [];
    }

    /// <summary>Text, or a whole number that is taken as its text.</summary>
    private static bool TryReadName(in JsonMember member, ReadOnlySpan<byte> text, out RoomName room)
    {
        room = default;
        if (member.Kind == JsonKind.String)
            return JsonText.TryDecode(member.Content(text), ProtocolLimits.RoomNameChars, out var name) && RoomName.TryParse(name, out room);
        if (member.Kind != JsonKind.Number || member.ValueLength > ProtocolLimits.RoomNameChars)
            return false;
        var digits = member.Value(text);
        return !digits.ContainsAny((byte)'.', (byte)'e', (byte)'E') && RoomName.TryParse(Encoding.ASCII.GetString(digits), out room);
    }
}
