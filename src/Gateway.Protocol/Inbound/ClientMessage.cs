// What a client said, free of any dialect: a command, an event, or something that could not be understood.
// Dialects make these from bytes; the connection actor handles them and never sees JSON or frames.

namespace Gateway.Protocol.Inbound;

/// <param name="Id">The client's id for it; the answer or error bears it.</param>
public abstract record ClientMessage(string? Id);

/// <summary>A command or event about a room; none named means the connection's default room.</summary>
public abstract record RoomMessage(string? Id, RoomName? Room) : ClientMessage(Id);

public sealed record AuthCommand(string? Id, string Token) : ClientMessage(Id);

/// <param name="Echo">The value of the client's <c>t</c>, as it was written; empty where it sent none.</param>
public sealed record PingCommand(string? Id, ReadOnlyMemory<byte> Echo) : ClientMessage(Id);

/// <summary>A client's answer to something it took for a ping. A sign of life, nothing more.</summary>
public sealed record PongCommand(string? Id) : ClientMessage(Id);

/// <param name="Since">Replay what came after it; null: by <paramref name="History"/>.</param>
/// <param name="Epoch">The epoch that Since belongs to; null: the current one.</param>
/// <param name="History">Replay the last so many; null: the namespace's default.</param>
public sealed record JoinCommand(string? Id, RoomName? Room, long? Since, string? Epoch, int? History) : RoomMessage(Id, Room);

/// <param name="Unsubscribing">It was written as <c>unsubscribe</c>, which only rooms of mode <c>latest</c> know.</param>
public sealed record LeaveCommand(string? Id, RoomName? Room, bool Unsubscribing = false) : RoomMessage(Id, Room);

public readonly record struct ResumePosition(RoomName Room, long? Since, string? Epoch);

public sealed record ResumeCommand(string? Id, string Session, IReadOnlyList<ResumePosition> Rooms) : ClientMessage(Id);

/// <param name="Before">Exclusive; null: from the top.</param>
/// <param name="After">Exclusive; not together with Before.</param>
public sealed record HistoryCommand(string? Id, RoomName? Room, long? Before, long? After, int Limit) : RoomMessage(Id, Room);

public sealed record PresenceCommand(string? Id, RoomName? Room) : RoomMessage(Id, Room);

/// <param name="Started">False: the typing ended.</param>
/// <param name="CarriedFlag">The client wrote <c>isTyping</c>; the end is then announced in the same form.</param>
/// <param name="RoomField">The member that named the room where it was not <c>room</c>, as it was written (<c>"chatId":42</c>); else empty.</param>
public sealed record TypingCommand(string? Id, RoomName? Room, bool Started, bool CarriedFlag, ReadOnlyMemory<byte> RoomField) : RoomMessage(Id, Room);

public enum ReceiptStatus
{
    Delivered,
    Read,
}

public sealed record ReceiptCommand(string? Id, RoomName? Room, ReceiptStatus Status, long Seq) : RoomMessage(Id, Room);

/// <param name="MaxRate">Events a second and key; null: every one.</param>
/// <param name="Keys">Exact names, or with a star at the end; null: all.</param>
public sealed record SubscribeCommand(string? Id, RoomName? Room, double? MaxRate, IReadOnlyList<string>? Keys) : RoomMessage(Id, Room);

/// <summary>An event to publish. Its bytes are its own: they outlive the frame that they came in.</summary>
/// <param name="Fields">See <see cref="RoomEvent.Fields"/>.</param>
public sealed record PublishCommand(string? Id, RoomName? Room, string Type, string? Key, bool Ephemeral, ReadOnlyMemory<byte> Fields) : RoomMessage(Id, Room);

/// <summary>Not understood. The connection answers it with the error, after its draw on the limits.</summary>
/// <param name="Field">The offending field's name, where there is one; never its value.</param>
public sealed record InvalidMessage(string? Id, ErrorCode Code, string Text, string? Field) : ClientMessage(Id)
{
    /// <summary>It was to be an <c>auth</c> or a <c>ping</c>, which are served before the user is known.</summary>
    public bool OfServed { get; init; }
}
