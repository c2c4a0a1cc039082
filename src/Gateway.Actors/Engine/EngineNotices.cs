// What the engine tells a node as a whole, whichever node it began on.

using Gateway.Protocol;

namespace Gateway.Actors.Engine;

/// <summary>Rule S2 holds.</summary>
public interface IEngineListener
{
    void Notify(EngineNotice notice);
}

public abstract record EngineNotice;

/// <summary>The storage has been away for some time (the engine says so at once; the node waits the contract's 2 s before it tells clients).</summary>
public sealed record EngineLost(DateTimeOffset Since) : EngineNotice;

/// <summary>The storage is back. Rooms whose epoch changed get a <see cref="RoomRolled"/> of their own first.</summary>
public sealed record EngineBack : EngineNotice;

/// <summary>The session has a new owner; the connection that holds it with an older fence is closed with 4501.</summary>
public sealed record SessionTaken(string UserId, string SessionId, long Fence) : EngineNotice;

/// <summary>All of the user's sessions have ended; their connections are closed with 4500.</summary>
public sealed record UserExpelled(string UserId) : EngineNotice;

/// <summary>The user's connections are to join the room.</summary>
public sealed record MemberAdmitted(string UserId, RoomName Room) : EngineNotice;

/// <summary>The user's sessions are no longer in the room; its connections are told <c>left</c>.</summary>
public sealed record MemberRemoved(string UserId, RoomName Room) : EngineNotice;
