// What the engine tells a node's RoomActor.

using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine;

/// <summary>Rule S2 holds.</summary>
public interface IRoomListener
{
    void Notify(RoomNotice notice);
}

public abstract record RoomNotice;

/// <summary>Stored events, ascending and contiguous to what was told before.</summary>
public sealed record EventsStored(string Epoch, IReadOnlyList<RoomEvent> Events) : RoomNotice;

/// <summary>An event that is not stored.</summary>
public sealed record EventRelayed(RoomEvent Event) : RoomNotice;

/// <summary>The room's epoch changed. RolledBack: events above <see cref="Cut"/> are gone (none are, where Cut is the top). Reset: all are.
/// Trimmed, in the same epoch: what lies up to the new position was missed and is no longer kept; whoever reads it is told so.</summary>
public sealed record RoomRolled(RoomPosition Position, GapReason Reason, long Cut) : RoomNotice;

/// <summary>A user became present, or is no longer. Exactly once a transition (E6).</summary>
/// <param name="Version">Of the room's presence; rises by one with each change.</param>
public sealed record PresenceChanged(
    long Version, string UserId, string Name, bool Joined, LeaveReason Reason, DateTimeOffset Timestamp, int Count) : RoomNotice;

/// <summary>A cursor moved forward.</summary>
public sealed record CursorMoved(string UserId, ReceiptStatus Status, long Seq) : RoomNotice;

/// <summary>Something between members that is never stored.</summary>
public abstract record RoomSignal : RoomNotice;

public sealed record TypingSignal(
    string UserId, string Name, bool Active, bool CarriedFlag, ReadOnlyMemory<byte> RoomField) : RoomSignal;
