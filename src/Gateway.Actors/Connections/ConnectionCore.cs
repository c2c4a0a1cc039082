// What the parts of one connection share: who it is, its session, its rooms, and the way to its client. Owned by the connection actor.

using Gateway.Actors.Delivery;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Actors.Rooms;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

/// <param name="Admitted">The backend put it there: the token's rights don't end it.</param>
/// <param name="Hidden">The user's own room, joined silently: the client never asked for it.</param>
internal readonly record struct Membership(RoomHandle Handle, bool Admitted, bool Hidden);

internal sealed class ConnectionCore(NodeServices node, ConnectionRequest request, ulong id)
{
    /// <summary>What a client is told to wait where a queue is full: about the time a full engine queue takes to empty.</summary>
    private const long BusyRetryMs = 200;

    public NodeServices Node { get; } = node;

    public ConnectionRequest Request { get; set; } = request;

    public ulong Id { get; } = id;

    public NodeOptions Options => Node.Options;

    /// <summary>Null until the user is known.</summary>
    public Identity? Identity { get; set; }

    public UserQuota? Quota { get; set; }

    /// <summary>Null until the engine has opened one, and after it was taken over or ended.</summary>
    public SessionKey? Session { get; set; }

    public RoomName? DefaultRoom { get; set; }

    public Dictionary<RoomName, Membership> Rooms { get; } = [];

    public bool IsClosing { get; private set; }

    public Rights RightsIn(RoomName room) => Identity?.RightsIn(room, Options.Namespaces) ?? Rights.None;

    public void Reply(ServerMessage message, SinkLane lane = SinkLane.Ordered) =>
        Frames.Send(Request.Sink, Request.Dialect, message, lane);

    /// <summary>Errors overtake queued events.</summary>
    public void Fail(
        string? id, ErrorCode code, string text, string? field = null, RoomName? room = null, TimeSpan? retryAfter = null, bool unknown = false)
    {
        Node.Metrics.Error(code);
        long? retryMs = retryAfter is { } wait ? Math.Max(1, (long)Math.Ceiling(wait.TotalMilliseconds)) : null;
        Reply(new ErrorMessage(id, code, text, field, room, retryMs, unknown), SinkLane.Urgent);
    }

    /// <summary>Says in the contract's words why the engine did not do it.</summary>
    public void Fail(string? id, EngineStatus status, RoomName? room)
    {
        switch (status)
        {
            case EngineStatus.Busy:
                Fail(id, ErrorCode.Busy, "The gateway has too much to do; try again.", room: room, retryAfter: TimeSpan.FromMilliseconds(BusyRetryMs));
                break;
            case EngineStatus.Unknown:
                Fail(id, ErrorCode.Degraded, "The storage did not answer in time.", room: room, unknown: true);
                break;
            case EngineStatus.NotFound:
                Fail(id, ErrorCode.NotJoined, "You are not in this room.", room: room);
                break;
            default:
                Fail(id, ErrorCode.Degraded, "The storage is away; try again later.", room: room);
                break;
        }
    }

    /// <summary>The room that a message is about; null, and the error told, where it names none and there is no default.</summary>
    public RoomName? RoomOf(RoomMessage message)
    {
        if ((message.Room ?? DefaultRoom) is { } room)
            return room;
        Fail(message.Id, ErrorCode.BadRoom, "Name a room: this connection has no default room.", "room");
        return null;
    }

    public bool Require(Rights right, RoomName room, string? id)
    {
        if ((RightsIn(room) & right) == right)
            return true;
        Fail(id, ErrorCode.Forbidden, "You have no right to do this here.", room: room);
        return false;
    }

    /// <summary>The socket first; the actor stops right after and does the bookkeeping then.</summary>
    public void Close(CloseCode code, string reason)
    {
        if (IsClosing)
            return;
        IsClosing = true;
        Node.Metrics.Closed(code);
        Request.Sink.Close(code, reason);
    }

    /// <summary>The peer closed, or is gone.</summary>
    public void MarkClosed() => IsClosing = true;
}
