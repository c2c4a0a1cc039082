// The value of a client's member "type": which command it is, whether it is the server's, or else an event's own.

namespace Gateway.Protocol.Json;

internal enum MessageType
{
    Event,
    Auth,
    Delivered,
    History,
    Join,
    Leave,
    Ping,
    Pong,
    Presence,
    Read,
    Resume,
    StopTyping,
    Subscribe,
    Typing,
    Unsubscribe,

    /// <summary>One that only the server may write.</summary>
    Reserved,
}

internal static class MessageTypes
{
    /// <summary>What a frame without a type is; by far the commonest, so its text is never made anew.</summary>
    public const string Default = "message";

    /// <summary>The longest of the names below.</summary>
    private const int LongestReserved = 15;

    /// <param name="text">The type as text; empty for a command.</param>
    /// <returns>False where it is no type: no string, empty, too long or no Unicode text.</returns>
    public static bool TryRead(in JsonMember member, ReadOnlySpan<byte> source, out MessageType type, out string text)
    {
        type = MessageType.Event;
        text = "";
        if (member.Kind != JsonKind.String)
            return false;
        var content = member.Content(source);
        if (!content.Contains((byte)'\\'))
        {
            if (content.SequenceEqual("message"u8))
            {
                text = Default;
                return true;
            }

            type = Classify(content);
            return type != MessageType.Event || JsonText.TryDecode(content, ProtocolLimits.TypeChars, out text);
        }

        if (!JsonText.TryDecode(content, ProtocolLimits.TypeChars, out text))
            return false;
        Span<byte> plain = stackalloc byte[LongestReserved];
        if (JsonText.TryDecodeAscii(content, plain, out var length))
            type = Classify(plain[..length]);
        else if (text.StartsWith("gw.", StringComparison.Ordinal))
            type = MessageType.Reserved;
        return true;
    }

    private static MessageType Classify(ReadOnlySpan<byte> type)
    {
        if (type.StartsWith("gw."u8))
            return MessageType.Reserved;
        if (type.Length > LongestReserved)
            return MessageType.Event;
        var command = FindCommand(type);
        if (command != MessageType.Event)
            return command;
        return IsServers(type) ? MessageType.Reserved : MessageType.Event;
    }

    private static MessageType FindCommand(ReadOnlySpan<byte> type) => type.Length switch
    {
        4 => Either(type, "ping"u8, MessageType.Ping, "join"u8, MessageType.Join, "read"u8, MessageType.Read, "auth"u8, MessageType.Auth, "pong"u8, MessageType.Pong),
        5 => Either(type, "leave"u8, MessageType.Leave),
        6 => Either(type, "typing"u8, MessageType.Typing, "resume"u8, MessageType.Resume),
        7 => Either(type, "history"u8, MessageType.History),
        8 => Either(type, "presence"u8, MessageType.Presence),
        9 => Either(type, "delivered"u8, MessageType.Delivered, "subscribe"u8, MessageType.Subscribe),
        11 => Either(type, "stop_typing"u8, MessageType.StopTyping, "unsubscribe"u8, MessageType.Unsubscribe),
        _ => MessageType.Event,
    };

    private static bool IsServers(ReadOnlySpan<byte> type) => type.Length switch
    {
        3 => type.SequenceEqual("ack"u8) || type.SequenceEqual("gap"u8),
        4 => type.SequenceEqual("left"u8),
        5 => type.SequenceEqual("error"u8),
        6 => type.SequenceEqual("joined"u8),
        7 => type.SequenceEqual("welcome"u8) || type.SequenceEqual("lagging"u8) || type.SequenceEqual("receipt"u8),
        8 => type.SequenceEqual("degraded"u8) || type.SequenceEqual("restored"u8) || type.SequenceEqual("snapshot"u8),
        9 => type.SequenceEqual("user_left"u8) || type.SequenceEqual("reconnect"u8),
        11 => type.SequenceEqual("user_joined"u8),
        14 => type.SequenceEqual("token_expiring"u8),
        15 => type.SequenceEqual("presence_digest"u8),
        _ => false,
    };

    private static MessageType Either(
        ReadOnlySpan<byte> type, ReadOnlySpan<byte> first, MessageType firstType,
        ReadOnlySpan<byte> second = default, MessageType secondType = MessageType.Event,
        ReadOnlySpan<byte> third = default, MessageType thirdType = MessageType.Event,
        ReadOnlySpan<byte> fourth = default, MessageType fourthType = MessageType.Event,
        ReadOnlySpan<byte> fifth = default, MessageType fifthType = MessageType.Event)
    {
        if (type.SequenceEqual(first))
            return firstType;
        if (type.SequenceEqual(second))
            return secondType;
        if (type.SequenceEqual(third))
            return thirdType;
        if (type.SequenceEqual(fourth))
            return fourthType;
        return type.SequenceEqual(fifth) ? fifthType : MessageType.Event;
    }
}
