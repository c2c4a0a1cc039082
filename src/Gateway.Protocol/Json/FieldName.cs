// The member names that the contract gives a meaning, and how they are recognised in a frame.

namespace Gateway.Protocol.Json;

internal enum FieldName : byte
{
    None,
    After,
    Before,
    ChatId,
    ConversationId,
    Ephemeral,
    Epoch,
    History,
    Id,
    IsTyping,
    Key,
    Keys,
    Limit,
    MaxRate,
    Replay,
    Room,
    RoomId,
    Rooms,
    SenderId,
    SenderName,
    SentAt,
    Seq,
    Session,
    Since,
    Skipped,
    T,
    Timestamp,
    Token,
    Type,
}

internal static class FieldNames
{
    /// <summary>Longer than any of them; an escaped name that doesn't fit is none of them.</summary>
    private const int MaxLength = 16;

    /// <summary>The name as it stands on the wire.</summary>
    public static string Text(FieldName field) => field switch
    {
        FieldName.After => "after",
        FieldName.Before => "before",
        FieldName.ChatId => "chatId",
        FieldName.ConversationId => "conversationId",
        FieldName.Ephemeral => "ephemeral",
        FieldName.Epoch => "epoch",
        FieldName.History => "history",
        FieldName.Id => "id",
        FieldName.IsTyping => "isTyping",
        FieldName.Key => "key",
        FieldName.Keys => "keys",
        FieldName.Limit => "limit",
        FieldName.MaxRate => "maxRate",
        FieldName.Replay => "replay",
        FieldName.Room => "room",
        FieldName.RoomId => "roomId",
        FieldName.Rooms => "rooms",
        FieldName.SenderId => "senderId",
        FieldName.SenderName => "senderName",
        FieldName.SentAt => "sentAt",
        FieldName.Seq => "seq",
        FieldName.Session => "session",
        FieldName.Since => "since",
        FieldName.Skipped => "skipped",
        FieldName.T => "t",
        FieldName.Timestamp => "timestamp",
        FieldName.Token => "token",
        FieldName.Type => "type",
        _ => "",
    };

    /// <summary>Finds what a member is called, however its name is escaped.</summary>
    public static FieldName Of(in JsonMember member, ReadOnlySpan<byte> text)
    {
        if (!member.NameEscaped)
            return Of(member.Name(text));
        Span<byte> plain = stackalloc byte[MaxLength];
        return JsonText.TryDecodeAscii(member.Name(text), plain, out var length) ? Of(plain[..length]) : FieldName.None;
    }

    /// <summary>Whether it names the room that a frame is about.</summary>
    public static bool NamesRoom(FieldName field) =>
        field is FieldName.Room or FieldName.RoomId or FieldName.ChatId or FieldName.ConversationId;

    private static FieldName Of(ReadOnlySpan<byte> name) => name.Length switch
    {
        1 => name[0] == 't' ? FieldName.T : FieldName.None,
        2 => Either(name, "id"u8, FieldName.Id),
        3 => Either(name, "seq"u8, FieldName.Seq, "key"u8, FieldName.Key),
        4 => Either(name, "type"u8, FieldName.Type, "room"u8, FieldName.Room, "keys"u8, FieldName.Keys),
        5 => Either(name, "since"u8, FieldName.Since, "epoch"u8, FieldName.Epoch, "limit"u8, FieldName.Limit,
            "after"u8, FieldName.After, "token"u8, FieldName.Token, "rooms"u8, FieldName.Rooms),
        6 => Either(name, "roomId"u8, FieldName.RoomId, "chatId"u8, FieldName.ChatId, "sentAt"u8, FieldName.SentAt,
            "before"u8, FieldName.Before, "replay"u8, FieldName.Replay),
        7 => Either(name, "skipped"u8, FieldName.Skipped, "history"u8, FieldName.History, "maxRate"u8, FieldName.MaxRate,
            "session"u8, FieldName.Session),
        8 => Either(name, "senderId"u8, FieldName.SenderId, "isTyping"u8, FieldName.IsTyping),
        9 => Either(name, "timestamp"u8, FieldName.Timestamp, "ephemeral"u8, FieldName.Ephemeral),
        10 => Either(name, "senderName"u8, FieldName.SenderName),
        14 => Either(name, "conversationId"u8, FieldName.ConversationId),
        _ => FieldName.None,
    };

    private static FieldName Either(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> first, FieldName firstField,
        ReadOnlySpan<byte> second = default, FieldName secondField = FieldName.None,
        ReadOnlySpan<byte> third = default, FieldName thirdField = FieldName.None,
        ReadOnlySpan<byte> fourth = default, FieldName fourthField = FieldName.None,
        ReadOnlySpan<byte> fifth = default, FieldName fifthField = FieldName.None,
        ReadOnlySpan<byte> sixth = default, FieldName sixthField = FieldName.None)
    {
        if (name.SequenceEqual(first))
            return firstField;
        if (name.SequenceEqual(second))
            return secondField;
        if (name.SequenceEqual(third))
            return thirdField;
        if (name.SequenceEqual(fourth))
            return fourthField;
        if (name.SequenceEqual(fifth))
            return fifthField;
        return name.SequenceEqual(sixth) ? sixthField : FieldName.None;
    }
}
