// An event that a backend published.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Connections;

internal sealed class TestPublication : Publication
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public TestPublication(string room, string id)
    {
        IdScope = BackendScope;
        HasClientId = true;
        Event = new RoomEvent
        {
            Room = RoomName.Parse(room),
            Type = "message",
            Id = id,
            SenderId = "system",
            SenderName = "system",
            Fields = "\"content\":\"x\""u8.ToArray(),
        };
    }

    public PublishOutcome? Outcome { get; private set; }

    public override void Completed(in PublishOutcome outcome) => Outcome = outcome;
}
