// Commands that only read: history and presence. The answer comes back to the actor as a message.

using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class Queries(ConnectionCore core)
{
    /// <summary>Leaves room for the frame around the events.</summary>
    private const int HistoryBytes = ProtocolLimits.HistoryAnswerBytes - 2_048;

    /// <returns>Null where the client has already been told why not.</returns>
    public Task<CommandAnswered>? History(HistoryCommand command)
    {
        if (core.RoomOf(command) is not { } room || !core.Require(Rights.History, room, command.Id))
            return null;
        if (core.Options.Namespaces.Find(room) is not { Mode: RoomMode.Log })
        {
            core.Fail(command.Id, ErrorCode.Unsupported, "This room keeps no history.", room: room);
            return null;
        }

        return ReadHistory(core.Node.Engine, command, room);
    }

    public Task<CommandAnswered>? Presence(PresenceCommand command)
    {
        if (core.RoomOf(command) is not { } room || !core.Require(Rights.Presence, room, command.Id))
            return null;
        var policy = core.Options.Namespaces.Find(room)!;
        if (!policy.Presence)
        {
            core.Fail(command.Id, ErrorCode.Unsupported, "This room has no presence.", room: room);
            return null;
        }

        return ReadPresence(core.Node.Engine, command, room, policy.PresenceLimit);
    }

    private static async Task<CommandAnswered> ReadHistory(IEngine engine, HistoryCommand command, RoomName room)
    {
        var page = await engine.Read(new HistoryQuery(room, command.After, null, command.Before, command.Limit, HistoryBytes)).ConfigureAwait(false);
        return page.Status == EngineStatus.Ok
            ? new CommandAnswered(page.Status, page.ToAnswer(command.Id, room), command.Id, room)
            : new CommandAnswered(page.Status, null, command.Id, room);
    }

    private static async Task<CommandAnswered> ReadPresence(IEngine engine, PresenceCommand command, RoomName room, int limit)
    {
        var (status, who) = await engine.Who(room, limit).ConfigureAwait(false);
        return new CommandAnswered(
            status, status == EngineStatus.Ok ? new PresenceAnswer(command.Id, room, who.Count, who.Users) : null, command.Id, room);
    }
}
