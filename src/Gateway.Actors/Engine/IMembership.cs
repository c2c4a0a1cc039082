// Sessions, who is in which room, and cursors.

using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine;

/// <summary>
/// A session is attached while a connection owns it (with a fence that rises at each claim) and detached for at most the resume window after.
/// <list type="number">
/// <item>M1. A user is present in a room from the first of their sessions that joins it until the last is gone: at once by Leave, Kick or End, or the grace period after
/// Detach, or after the node's death. Each transition is told once (<see cref="PresenceChanged"/>), whatever the sessions do meanwhile.</item>
/// <item>M2. A session that is claimed within the grace period leaves no trace in presence; claimed later, it joins its rooms anew.</item>
/// <item>M3. What a session's former owner asks (an older fence) answers Stale and changes nothing.</item>
/// <item>M4. A session is durable from the answer to Open on, with its rooms from the answer to Join on.</item>
/// <item>M5. Presence is counted for every room; whether it is told is the caller's business.</item>
/// </list>
/// </summary>
public interface IMembership
{
    /// <summary>Begins a fresh session. Stale: the user is refused (see <see cref="Expel"/>).</summary>
    ValueTask<(EngineStatus Status, SessionKey Key)> Open(SessionOwner owner);

    /// <summary>Takes a session over for a new connection, which thereby owns it, with all its rooms. NotFound: unknown, expired or of another user.
    /// Where another connection held it, its node gets <see cref="SessionTaken"/>.</summary>
    ValueTask<(EngineStatus Status, ClaimedSession Session)> Claim(string sessionId, SessionOwner owner);

    /// <summary>The socket closed: the grace period and the resume window begin.</summary>
    ValueTask<EngineStatus> Detach(SessionKey session);

    /// <summary>Ends it for good: its rooms are left with the reason.</summary>
    /// <param name="silent">The session gives way to another of the same user (a resumed one): users who are then gone are told of
    /// only after the grace period.</param>
    ValueTask<EngineStatus> End(SessionKey session, LeaveReason reason, bool silent);

    /// <summary>Joins a room, or says again what holds where it is in it already.</summary>
    ValueTask<(EngineStatus Status, RoomMembership Membership)> Join(SessionKey session, RoomName room, int userLimit);

    ValueTask<EngineStatus> Leave(SessionKey session, RoomName room, LeaveReason reason);

    /// <summary>Who is present, by the time they came; Users null where there are more than <paramref name="userLimit"/>.</summary>
    ValueTask<(EngineStatus Status, RoomMembership Membership)> Who(RoomName room, int userLimit);

    ValueTask<(EngineStatus Status, UserSummary Summary)> DescribeUser(string userId);

    /// <summary>Ends all of a user's sessions, on every node, and refuses them for the time given; every node gets <see cref="UserExpelled"/>.</summary>
    ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor);

    /// <summary>Until when the user is refused, or null.</summary>
    ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId);

    /// <summary>Takes all of the user's attached sessions into the room; every node gets <see cref="MemberAdmitted"/>. The answer is how many are in it.</summary>
    ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room);

    /// <summary>Takes all of the user's sessions out of the room (reason Kicked); every node gets <see cref="MemberRemoved"/>.</summary>
    ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room);

    /// <summary>Moves a cursor forward, clipped to the top; where it moved, listeners get <see cref="CursorMoved"/>.</summary>
    ValueTask<EngineStatus> MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq);

    ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> Cursors(RoomName room);

    /// <summary>How many partitions presence is swept in.</summary>
    int Partitions { get; }

    /// <summary>
    /// Renews this node's claim on a partition and ends what is due there: grace periods, resume windows, dead nodes' sessions.
    /// Called again by the sweeper at <c>NextDue</c>, or after a second, whichever is first. Any number of nodes may call it; each transition happens once.
    /// </summary>
    ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat(int partition);
}

/// <param name="ConnectionId">Unique among all connections of all nodes.</param>
public readonly record struct SessionOwner(string UserId, string Name, ulong ConnectionId);

/// <param name="Id">128 random bits: letters, digits, - and _.</param>
/// <param name="Fence">Rises with each claim.</param>
public readonly record struct SessionKey(string Id, long Fence);

public sealed record ClaimedSession(SessionKey Key, IReadOnlyList<RoomName> Rooms);

/// <param name="Version">Of the room's presence: a <see cref="PresenceChanged"/> at or below it is already counted in.</param>
/// <param name="Users">Null where there are more than the caller's limit.</param>
/// <param name="AlreadyThere">The session was in the room before.</param>
public sealed record RoomMembership(long Version, int Count, IReadOnlyList<PresentUser>? Users, bool AlreadyThere);

public readonly record struct UserSummary(bool Online, int Connections, IReadOnlyList<RoomName> Rooms);
