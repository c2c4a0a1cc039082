// A connection's events on their way to the engine, and the answers back. Events are handed on without waiting for one another.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Actors.Rooms;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

/// <summary>An event of this connection; when the engine is done with it, it comes back to the actor as a message.</summary>
internal sealed class ClientPublication(ActorRef connection) : Publication
{
    public PublishOutcome Outcome { get; private set; }

    public override void Completed(in PublishOutcome outcome)
    {
        Outcome = outcome;
        connection.Tell(this);
    }
}

internal sealed class Publisher(ConnectionCore core, ActorRef self)
{
    /// <summary>Publications without an outcome; at the bound the connection reads no further. As many as one frame may hold.</summary>
    public const int MaxInFlight = ProtocolLimits.ObjectsPerFrame;

    private int _inFlight;

    public bool IsIdle => _inFlight == 0;

    public bool IsFull => _inFlight >= MaxInFlight;

    public void Publish(PublishCommand command)
    {
        if (core.RoomOf(command) is not { } room || !core.Require(Rights.Publish, room, command.Id))
            return;
        var policy = core.Options.Namespaces.Find(room)!;
        if (policy.Mode == RoomMode.Latest && command.Key is null)
        {
            core.Fail(command.Id, ErrorCode.BadFrame, "An event of this room needs a key of 1 to 128 characters.", "key", room);
            return;
        }

        var identity = core.Identity!;
        _inFlight++;
        core.Node.Engine.Publish(new ClientPublication(self)
        {
            IdScope = identity.UserId,
            HasClientId = command.Id is not null,
            Event = new RoomEvent
            {
                Room = room,
                Type = command.Type,
                Id = command.Id ?? core.Node.Ids.NextEvent(),
                SenderId = identity.UserId,
                SenderName = identity.Name,
                Fields = command.Fields,
                Key = command.Key,
                Origin = core.Id,
                Ephemeral = command.Ephemeral || policy.Mode == RoomMode.Ephemeral || policy.EphemeralTypes.Contains(command.Type),
            },
        });
    }

    public void OnCompleted(ClientPublication publication)
    {
        _inFlight--;
        var (sent, outcome) = (publication.Event, publication.Outcome);
        var id = publication.HasClientId ? sent.Id : null;
        switch (outcome.Status)
        {
            case PublishStatus.Stored or PublishStatus.Relayed:
                core.Node.Metrics.EventIn();
                if (id is not null)
                    Acknowledge(sent, outcome);
                break;
            case PublishStatus.RoomFull:
                core.Fail(id, ErrorCode.RoomFull, "The room holds as many keys as it may.", room: sent.Room);
                break;
            case PublishStatus.Unsupported:
                core.Fail(id, ErrorCode.Unsupported, "This room does not take such events.", room: sent.Room);
                break;
            default:
                core.Fail(id, StatusOf(outcome.Status), sent.Room);
                break;
        }
    }

    private void Acknowledge(RoomEvent sent, PublishOutcome outcome)
    {
        var stored = outcome.Status == PublishStatus.Stored;
        var ack = new Ack(
            sent.Id, sent.Room, stored ? outcome.Seq : null, outcome.Epoch,
            DateTimeOffset.FromUnixTimeMilliseconds(outcome.TimestampMs), outcome.Duplicate);
        // In a room that it is in, the ack takes its place among the room's events.
        if (!stored || !core.Rooms.TryGetValue(sent.Room, out var membership)
            || membership.Handle.Actor.TryTell(new AckDue(core.Id, ack, outcome.Seq), self) == TellOutcome.Stopped)
            core.Reply(ack);
    }

    private static EngineStatus StatusOf(PublishStatus status) => status switch
    {
        PublishStatus.Busy => EngineStatus.Busy,
        PublishStatus.Unknown => EngineStatus.Unknown,
        _ => EngineStatus.Degraded,
    };
}
