// What a room actor is told by connections and by its parent, and what it answers. Notices of the engine are in Engine/RoomNotices.cs.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

/// <summary>Where a newcomer's replay begins.</summary>
/// <param name="Since">What follows this position; null: by <paramref name="History"/>.</param>
/// <param name="Epoch">The epoch that Since belongs to; null: the current one.</param>
/// <param name="History">The last so many; null: the namespace's default.</param>
public readonly record struct ReplayFrom(long? Since, string? Epoch, int? History)
{
    public static ReplayFrom Default { get; } = new(null, null, null);

    public static ReplayFrom Nothing { get; } = new(null, null, 0);
}

/// <summary>Sent to the parent, which hands it to the room, made where there is none yet. Answered by <see cref="RoomJoined"/> or <see cref="JoinRefused"/>.</summary>
/// <param name="CommandId">The id that the frame <c>joined</c> bears.</param>
/// <param name="Silent">No frame <c>joined</c>: the user's own room before <c>welcome</c>, and memberships taken up again after a fault of the room.</param>
internal sealed record JoinRoom(RoomName Room, Member Member, string? CommandId, ReplayFrom Replay, bool Silent);

/// <summary>The frame <c>joined</c> has been handed to the sink, and what follows comes by itself.</summary>
internal sealed record RoomJoined(RoomHandle Handle);

internal sealed record JoinRefused(RoomName Room, EngineStatus Status, string? CommandId, bool StillMember = false);

/// <summary>The room actor has failed: what a member got last, and which acks it still has to get, so that it can take up there.</summary>
internal sealed record RoomLost(RoomName Room, long Position, string Epoch, HeldAcks? Acks);

/// <summary>From a room that fails to its parent, which tells the members: only then do they find another room under the name.</summary>
internal sealed record RoomFailed(RoomName Room, ActorRef Ref, IReadOnlyList<(ActorRef Connection, object Message)> Members);

/// <summary>Ends a membership. Answered by <see cref="RoomLeft"/>.</summary>
internal sealed record LeaveRoom(ulong ConnectionId, string? CommandId);

internal sealed record RoomLeft(RoomName Room, EngineStatus Status, string? CommandId)
{
    public bool IsOut => Status is EngineStatus.Ok or EngineStatus.NotFound or EngineStatus.Stale;
}

/// <summary>The connection is gone, or its membership was ended elsewhere: forget the member, the engine knows.</summary>
internal sealed record DropMember(ulong ConnectionId);

/// <summary>To the parent, which hands it on: the connection went while its join was under way.</summary>
internal sealed record AbandonJoin(RoomName Room, ulong ConnectionId);

/// <summary>An event of this member is stored; the room sends the ack when no event below it can follow.</summary>
internal sealed record AckDue(ulong ConnectionId, Ack Ack, long Seq);

/// <summary>Something about one member; of no interest when it has left.</summary>
internal abstract record MemberMessage(ulong ConnectionId);

/// <summary>The member's sink has room again.</summary>
internal sealed record SinkDrained(ulong ConnectionId) : MemberMessage(ConnectionId);

internal sealed record MemberTyping(ulong ConnectionId, TypingCommand Command) : MemberMessage(ConnectionId);

internal sealed record MemberReceipt(ulong ConnectionId, ReceiptStatus Status, long Seq) : MemberMessage(ConnectionId);

/// <summary>A renewal changed what the member may see.</summary>
internal sealed record MemberRights(ulong ConnectionId, bool SeesPresence) : MemberMessage(ConnectionId);

/// <summary>From a room without members to its parent: stop me, unless you sent me a join since.</summary>
/// <param name="JoinsSeen">How many joins the room has taken in its life.</param>
internal sealed record RetireRoom(RoomName Room, ActorRef Ref, long JoinsSeen);

// What a room actor tells itself.

/// <summary>Comes behind whatever was in the mailbox when the first event of a batch was appended.</summary>
internal sealed class FlushPending
{
    private FlushPending()
    {
    }

    public static FlushPending Instance { get; } = new();
}

internal sealed record RoomOpened(EngineStatus Status, RoomPosition Position, IReadOnlyList<ReceiptCursor> Cursors);

internal sealed record MembershipKnown(JoinRoom Join, EngineStatus Status, RoomMembership Membership);

internal sealed record MembershipEnded(ulong ConnectionId, ActorRef Connection, RoomLeft Answer);

internal sealed record PresenceRead(Member Member, EngineStatus Status, RoomMembership Membership);

/// <summary>The room's timers, each its own key and message.</summary>
internal sealed record RoomTimer(string Name)
{
    public static RoomTimer Retire { get; } = new("retire");

    public static RoomTimer Typing { get; } = new("typing");

    public static RoomTimer Receipts { get; } = new("receipts");

    public static RoomTimer Digest { get; } = new("digest");

    public static RoomTimer Retry { get; } = new("retry");
}
