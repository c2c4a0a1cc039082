// Rooms as logs: publish, subscribe, history.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine;

public interface IEventLog
{
    /// <summary>
    /// Stores or relays an event, then calls <see cref="Publication.Completed"/> exactly once.
    /// <list type="number">
    /// <item>L1. A stored event's seq is one above the room's last (E1); publications of one caller to one room are stored in the order of the calls.</item>
    /// <item>L2. Completed with Stored only once it is stored at the configured level (E2).</item>
    /// <item>L3. Its room's listener is told of it after it is stored; on this node, before or after Completed.</item>
    /// <item>L4. A client's id seen before, of the same scope, room and window, is answered with the first position and Duplicate (E3). Ids that the server made are not remembered.</item>
    /// <item>L5. An ephemeral event (or one in a room of mode ephemeral) is relayed to the listeners there are now, and not stored.</item>
    /// </list>
    /// </summary>
    void Publish(Publication publication);

    /// <summary>
    /// From now on the listener is told what happens in the room. The answer is the position behind which it will be told everything:
    /// every stored event above <see cref="RoomPosition.Top"/> comes once, in order, without a hole (E1). One listener a room and node.
    /// Degraded: nothing was subscribed.
    /// </summary>
    ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener);

    /// <summary>Ends it. A notice under way may still arrive.</summary>
    void Unsubscribe(RoomName room, IRoomListener listener);

    /// <summary>Reads part of a history (E4, E5). See <see cref="HistoryQuery"/>.</summary>
    ValueTask<HistoryPage> Read(HistoryQuery query);

    /// <summary>Forgets a room's history, ids and cursors; a new epoch begins at 1, listeners get <see cref="RoomRolled"/> with Reset.</summary>
    ValueTask<EngineStatus> Forget(RoomName room);

    /// <summary>What is known of a room; NotFound where there is neither an event nor a member.</summary>
    ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room);

    /// <summary>Rooms with events or members, by name, those after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> ListRooms(string? after, int limit);

    /// <summary>Relays something that is not an event (typing) to the room's listeners on every node, as <see cref="RoomSignal"/>.</summary>
    void Signal(RoomName room, RoomSignal signal);
}

/// <summary>One event on its way into a room, and who waits for the outcome.</summary>
public abstract class Publication
{
    /// <summary>Without seq and timestamp: the engine sets both.</summary>
    public required RoomEvent Event { get; init; }

    /// <summary>Whose ids these are: the user id, or <see cref="BackendScope"/>.</summary>
    public required string IdScope { get; init; }

    /// <summary>False where the server made the id.</summary>
    public required bool HasClientId { get; init; }

    /// <summary>No user id looks like this (a user id is never empty).</summary>
    public const string BackendScope = "";

    /// <summary>Rule S2 holds: hand on and return.</summary>
    public abstract void Completed(in PublishOutcome outcome);
}

public enum PublishStatus
{
    Stored,
    Relayed,
    Busy,
    Degraded,
    Unknown,
    RoomFull,
    Unsupported,
}

public readonly record struct PublishOutcome(
    PublishStatus Status, long Seq = 0, string? Epoch = null, long TimestampMs = 0, bool Duplicate = false);

/// <param name="Epoch">Letters, digits, - and _.</param>
/// <param name="Top">The last seq; 0 where nothing was ever stored.</param>
public readonly record struct RoomPosition(string Epoch, long Top);

/// <summary>
/// H1. After (exclusive) with ProofEpoch: proves continuity from (epoch, seq): see <see cref="Continuity"/>. The events are those that follow, or, where that
/// is not possible, those that are still kept.
/// H2. After without ProofEpoch: means the current epoch. After 0 without it: from the first kept, which is never a gap.
/// H3. Before (exclusive): the last Limit events below it. Neither: the last Limit events.
/// H4. At most Limit events and about MaxBytes (but at least one event); More says that there are further ones in the direction read.
/// H5. Events older than the namespace's TTL are not shown.
/// </summary>
public readonly record struct HistoryQuery(
    RoomName Room, long? After, string? ProofEpoch, long? Before, int Limit, int MaxBytes);

public enum Continuity
{
    /// <summary>Nothing is missing between the position and the events.</summary>
    Proven,

    /// <summary>Events after the position are no longer kept: From…To of the gap are in the page.</summary>
    Trimmed,

    /// <summary>The position was of events that the storage lost: From (the cut + 1) … To (the position).</summary>
    RolledBack,

    /// <summary>The epoch is unknown or the position above the top.</summary>
    Reset,
}

/// <param name="Position">The room's epoch and top when it was read.</param>
/// <param name="Events">Ascending and contiguous.</param>
/// <param name="GapFrom">Of Trimmed and RolledBack.</param>
public sealed record HistoryPage(
    EngineStatus Status, RoomPosition Position, Continuity Continuity, long GapFrom, long GapTo,
    IReadOnlyList<RoomEvent> Events, bool More)
{
    /// <summary>The answer to a client or backend that pages: a position above the top, or of another history, has nothing behind it.</summary>
    public HistoryAnswer ToAnswer(string? id, RoomName room) =>
        Continuity == Continuity.Reset ? new HistoryAnswer(id, room, [], false) : new HistoryAnswer(id, room, Events, More);

    public static HistoryPage Failed(EngineStatus status) => new(status, default, default, 0, 0, [], false);
}

/// <param name="Top">0 where nothing was ever stored.</param>
/// <param name="First">The oldest seq still kept; 0 where none.</param>
/// <param name="Users">Present users, those in their grace period included.</param>
public readonly record struct RoomSummary(RoomName Room, string Epoch, long Top, long First, int Users, int Connections);
