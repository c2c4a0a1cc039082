// One connection in one room. Made by the connection, then touched by the room actor alone.

using Gateway.Actors.Delivery;
using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

internal enum MemberState
{
    /// <summary>The engine has not answered yet: nothing is sent.</summary>
    Joining,

    /// <summary>Served from history at its own pace, after a join or because it fell behind.</summary>
    CatchingUp,

    /// <summary>Gets every batch as it comes.</summary>
    Live,
}

internal sealed class Member
{
    public required ulong ConnectionId { get; init; }

    public required string UserId { get; init; }

    public required string Name { get; init; }

    public required SessionKey Session { get; init; }

    public required IConnectionSink Sink { get; init; }

    public required IDialect Dialect { get; init; }

    public required ActorRef Connection { get; init; }

    public bool SeesPresence { get; set; }

    public bool SeesHistory { get; init; }

    public MemberState State { get; set; }

    /// <summary>While it catches up: the last seq that was handed to its sink.</summary>
    public long Position { get; set; }

    /// <summary>The epoch that <see cref="Position"/> is of: the room's, or the next one, where a page was read before the room heard of it.</summary>
    public string Epoch { get; set; } = "";

    /// <summary>It fell behind while live, and was told so; ephemeral things of that time are dropped.</summary>
    public bool Lagging { get; set; }

    /// <summary>A presence message was dropped: it gets the whole list when it is live again.</summary>
    public bool MissedPresence { get; set; }

    /// <summary>Presence changes up to this version are in what it was told as a whole.</summary>
    public long PresenceVersion { get; set; }

    /// <summary>A page of history is being read for it; the number tells a late one from the one awaited.</summary>
    public int PageNumber { get; set; }

    public bool PageAwaited { get; set; }

    /// <summary>Acks of its own events above <see cref="Position"/>, by seq; made when first needed.</summary>
    public HeldAcks? Acks { get; set; }

    /// <summary>The top that <c>joined</c> told: own events above it are acked, never replayed.</summary>
    public long JoinedTop { get; set; }

    /// <summary>Its <c>joined</c> is still to be told, and waits for a page.</summary>
    public FirstPage? First { get; set; }

    /// <summary>While it joins again: the membership that stands until then, at the position it had come to.</summary>
    public Member? Replaced { get; set; }

    /// <summary>Some event of the batch being sent is its own.</summary>
    public bool OwnsPartOfBatch { get; set; }

    /// <summary>Which of the room's encodings it reads; set by the room.</summary>
    public DialectLane Lane { get; set; } = null!;
}
