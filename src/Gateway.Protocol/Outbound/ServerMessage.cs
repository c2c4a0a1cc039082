// What the server says to one client, free of any dialect. Events have a path of their own (IDialect.WriteEvent),
// since a room writes them once for all its members.

using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Outbound;

/// <param name="Id">The id of the client's message that this answers, or null.</param>
public abstract record ServerMessage(string? Id);

public sealed record Welcome(
    string? Id, string Session, bool Resumed, string UserId, string Name, string Node,
    DateTimeOffset Time, long HeartbeatMs, long GraceMs, int MaxFrameBytes) : ServerMessage(Id);

public sealed record AuthRenewed(string? Id, long ExpiresInMs) : ServerMessage(Id);

public sealed record TokenExpiring(long InMs) : ServerMessage((string?)null);

public readonly record struct PresentUser(string UserId, string Name, DateTimeOffset Since, int Devices);

public readonly record struct ReceiptCursor(string UserId, ReceiptStatus Status, long Seq);

/// <param name="Seq">The room's top; null where the room stores nothing.</param>
/// <param name="Recovered">Only where the join named a position.</param>
/// <param name="Users">Null where the client may not see them or there are too many.</param>
/// <param name="Receipts">Null where the namespace has none.</param>
public sealed record Joined(
    string? Id, RoomName Room, long? Seq, string? Epoch, bool? Recovered, int Count,
    IReadOnlyList<PresentUser>? Users, IReadOnlyList<ReceiptCursor>? Receipts) : ServerMessage(Id);

public sealed record Left(string? Id, RoomName Room) : ServerMessage(Id);

/// <param name="Seq">Null where the event was relayed and not stored.</param>
public sealed record Ack(
    string Id, RoomName Room, long? Seq, string? Epoch, DateTimeOffset Timestamp, bool Duplicate) : ServerMessage(Id);

public sealed record ErrorMessage(
    string? Id, ErrorCode Code, string Text, string? Field = null, RoomName? Room = null,
    long? RetryAfterMs = null, bool Unknown = false) : ServerMessage(Id);

public enum GapReason
{
    Trimmed,
    RolledBack,
    Reset,
}

/// <param name="From">Inclusive; null for a reset.</param>
/// <param name="To">Inclusive; null for a reset.</param>
public sealed record Gap(RoomName Room, string Epoch, long? From, long? To, GapReason Reason) : ServerMessage((string?)null);

public sealed record Lagging(RoomName Room) : ServerMessage((string?)null);

public sealed record Degraded(DateTimeOffset Since) : ServerMessage((string?)null);

public sealed record Restored() : ServerMessage((string?)null);

public sealed record Reconnect(long AfterMs) : ServerMessage((string?)null);

public readonly record struct RoomHead(RoomName Room, long Seq);

/// <param name="Echo">The client's <c>t</c> as it was written, or empty.</param>
public sealed record Pong(string? Id, ReadOnlyMemory<byte> Echo, DateTimeOffset Time, IReadOnlyList<RoomHead> Heads) : ServerMessage(Id);

/// <param name="Events">Ascending.</param>
public sealed record HistoryAnswer(
    string? Id, RoomName Room, IReadOnlyList<RoomEvent> Events, bool More) : ServerMessage(Id);

public sealed record PresenceAnswer(
    string? Id, RoomName Room, int Count, IReadOnlyList<PresentUser>? Users) : ServerMessage(Id);

public sealed record UserJoined(
    RoomName Room, string UserId, string Name, DateTimeOffset Timestamp, int Count) : ServerMessage((string?)null);

public enum LeaveReason
{
    Left,
    Timeout,
    Kicked,
}

public sealed record UserLeft(
    RoomName Room, string UserId, DateTimeOffset Timestamp, int Count, LeaveReason Reason) : ServerMessage((string?)null);

public sealed record PresenceDigest(RoomName Room, int Count, int Joined, int Left) : ServerMessage((string?)null);

public sealed record Receipt(RoomName Room, string UserId, ReceiptStatus Status, long Seq) : ServerMessage((string?)null);

/// <param name="Active">True: <c>typing</c>. False: the end, as <c>stop_typing</c>, or as <c>typing</c> where <paramref name="CarriedFlag"/>.</param>
/// <param name="RoomField">See <see cref="TypingCommand.RoomField"/>.</param>
public sealed record Typing(
    RoomName Room, string UserId, string Name, bool Active, bool CarriedFlag, ReadOnlyMemory<byte> RoomField) : ServerMessage((string?)null);

/// <summary>Newest values of a room in mode <c>latest</c>.</summary>
public sealed record Snapshot(RoomName Room, IReadOnlyList<RoomEvent> Events, bool More) : ServerMessage((string?)null);
