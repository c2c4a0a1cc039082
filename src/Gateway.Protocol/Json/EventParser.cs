// Makes an event of a client's object: its own members are copied byte for byte, without those that the server stamps.

using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Json;

internal static class EventParser
{
    private static ReadOnlySpan<byte> SentAt => "sentAt"u8;

    public static ClientMessage Parse(JsonObject source, string? id, string type)
    {
        var fields = new MessageFields(source, id);
        var room = RoomFields.Read(ref fields);
        var ephemeral = fields.Flag(FieldName.Ephemeral) ?? false;
        if (fields.Failed)
            return fields.Fault;
        return new PublishCommand(id, room, type, ReadKey(source), ephemeral, CopyFields(source));
    }

    /// <summary>Null where there is none or it is no key: whether that matters is for the room's mode to say.</summary>
    private static string? ReadKey(JsonObject source) =>
        source.TryFind(FieldName.Key, out var key) && key.Kind == JsonKind.String
        && JsonText.TryDecode(key.Content(source.Text), ProtocolLimits.KeyChars, out var text)
            ? text
            : null;

    private static byte[] CopyFields(JsonObject source)
    {
        var renamed = source.TryFind(FieldName.Timestamp, out _);
        var length = 0;
        foreach (ref readonly var member in source.Members)
        {
            if (IsKept(member.Known, renamed))
                length += (length == 0 ? 0 : 1) + NameOf(member, source.Text).Length + member.ValueLength + 3;
        }

        if (length == 0)
            return [];
        var copy = GC.AllocateUninitializedArray<byte>(length);
        var at = 0;
        foreach (ref readonly var member in source.Members)
        {
            if (!IsKept(member.Known, renamed))
                continue;
            if (at > 0)
                copy[at++] = (byte)',';
            var name = NameOf(member, source.Text);
            copy[at++] = (byte)'"';
            name.CopyTo(copy.AsSpan(at));
            at += name.Length;
            copy[at++] = (byte)'"';
            copy[at++] = (byte)':';
            member.Value(source.Text).CopyTo(copy.AsSpan(at));
            at += member.ValueLength;
        }

        return copy;
    }

    /// <summary>A client's own timestamp goes on as sentAt.</summary>
    private static ReadOnlySpan<byte> NameOf(in JsonMember member, ReadOnlySpan<byte> text) =>
        member.Known == FieldName.Timestamp ? SentAt : member.Name(text);

    private static bool IsKept(FieldName field, bool timestampIsRenamed) => field switch
    {
        FieldName.Type or FieldName.Id or FieldName.Room => false,
        FieldName.Seq or FieldName.Epoch or FieldName.SenderId or FieldName.SenderName => false,
        FieldName.Replay or FieldName.Skipped => false,
        FieldName.SentAt => !timestampIsRenamed,
        _ => true,
    };
}
