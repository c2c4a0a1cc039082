// Makes the command resume: a session, and a position in each of the rooms that the client names.

using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Json;

internal static class ResumeParser
{
    public static ResumeCommand Parse(ref MessageFields fields)
    {
        var session = fields.RequiredText(FieldName.Session, ProtocolLimits.IdChars);
        var rooms = new List<ResumePosition>();
        if (!fields.TryFind(FieldName.Rooms, out var member))
            return new ResumeCommand(fields.Id, session, rooms);
        if (member.Kind == JsonKind.Object)
            ReadRooms(ref fields, fields.Value(member), rooms);
        else
            fields.FailFrame(FieldName.Rooms, "Must be an object.");
        return new ResumeCommand(fields.Id, session, rooms);
    }

    private static void ReadRooms(ref MessageFields fields, ReadOnlySpan<byte> text, List<ResumePosition> rooms)
    {
        var seen = new HashSet<RoomName>();
        var scanner = new JsonScanner(text);
        scanner.Enter();
        while (scanner.NextMember(out var member) == JsonStep.Found)
        {
            if (!JsonText.TryDecode(member.Name(text), ProtocolLimits.RoomNameChars, out var name) || !RoomName.TryParse(name, out var room))
            {
                fields.Fail(ErrorCode.BadRoom, "Is no room name.", FieldNames.Text(FieldName.Rooms));
                return;
            }

            if (seen.Count == ProtocolLimits.RoomsPerResume)
            {
                fields.FailFrame(FieldName.Rooms, "Names too many rooms.");
                return;
            }

            if (!seen.Add(room))
            {
                fields.FailFrame(FieldName.Rooms, "Names a room twice.");
                return;
            }

            if (!TryReadPosition(member.Value(text), member.Kind, room, out var position))
            {
                fields.FailFrame(FieldName.Rooms, "Each room must be an object with since and epoch at most once, and of their kinds.");
                return;
            }

            rooms.Add(position);
        }
    }

    private static bool TryReadPosition(ReadOnlySpan<byte> text, JsonKind kind, RoomName room, out ResumePosition position)
    {
        position = default;
        if (kind != JsonKind.Object)
            return false;
        long? since = null;
        string? epoch = null;
        var scanner = new JsonScanner(text);
        scanner.Enter();
        while (scanner.NextMember(out var member) == JsonStep.Found)
        {
            switch (FieldNames.Of(member, text))
            {
                case FieldName.Since:
                    if (since is not null || !MessageFields.TryReadInteger(member, text, out var number) || number < 0)
                        return false;
                    since = number;
                    break;
                case FieldName.Epoch:
                    if (epoch is not null || member.Kind != JsonKind.String
                        || !JsonText.TryDecode(member.Content(text), ProtocolLimits.IdChars, out epoch))
                    {
                        return false;
                    }

                    break;
            }
        }

        position = new ResumePosition(room, since, epoch);
        return true;
    }
}
