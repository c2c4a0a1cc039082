// What a connection actor is told by its port, its parent and itself. What rooms answer is in Rooms/RoomMessages.cs.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

/// <summary>To the parent: serve this socket.</summary>
internal sealed record OpenConnection(ConnectionRequest Request, ConnectionPort Port);

/// <summary>To the parent: this connection's user is known (or another than before).</summary>
internal sealed record UserKnown(ActorRef Connection, string? Former, string UserId);

/// <summary>To the parent: tell everyone to reconnect elsewhere.</summary>
internal sealed record BeginDrain(TaskCompletionSource Emptied);

/// <summary>The port holds input.</summary>
internal sealed class InputReady
{
    private InputReady()
    {
    }

    public static InputReady Instance { get; } = new();
}

internal sealed class SocketClosed
{
    private SocketClosed()
    {
    }

    public static SocketClosed Instance { get; } = new();
}

internal sealed class SinkHasRoom
{
    private SinkHasRoom()
    {
    }

    public static SinkHasRoom Instance { get; } = new();
}

/// <summary>From the parent: tell the client, and go when its time is over.</summary>
internal sealed record LeaveNode(long AfterMs);

/// <summary>From the parent: tell the client.</summary>
internal sealed record Tell(ServerMessage Message);

/// <summary>The engine has answered the opening or taking over of a session.</summary>
internal sealed record SessionOpened(
    EngineStatus Status, SessionKey Key, bool Resumed, IReadOnlyList<RoomName> Rooms, Identity Identity, string? CommandId);

/// <summary>The engine has answered a <c>resume</c>.</summary>
internal sealed record SessionClaimed(EngineStatus Status, ClaimedSession Session, Protocol.Inbound.ResumeCommand Command);

/// <summary>A token that came in an <c>auth</c> has been looked at.</summary>
internal sealed record TokenChecked(Identity? Identity, string? CommandId);

/// <summary>The answer to a command that reads: a message for the client, or why there is none.</summary>
internal sealed record CommandAnswered(EngineStatus Status, ServerMessage? Answer, string? CommandId, RoomName Room);

/// <summary>A dependency broke its rule not to throw: a fault of ours.</summary>
internal sealed record DependencyThrew(Exception Error);

/// <summary>The connection's timers, each its own key and message.</summary>
internal sealed record ConnectionTimer(string Name)
{
    public static ConnectionTimer AuthDeadline { get; } = new("auth deadline");

    public static ConnectionTimer Heartbeat { get; } = new("heartbeat");

    public static ConnectionTimer TokenExpiring { get; } = new("token expiring");

    public static ConnectionTimer TokenExpired { get; } = new("token expired");

    public static ConnectionTimer LeaveNode { get; } = new("leave node");

    /// <summary>An answer that a command waits for is overdue.</summary>
    public static ConnectionTimer Overdue { get; } = new("overdue");
}
