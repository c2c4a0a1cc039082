// What a presence partition's actor tells itself.

using Gateway.Actors.Engine;

namespace Gateway.Actors.Presence;

internal sealed class BeatDue
{
    private BeatDue()
    {
    }

    public static BeatDue Instance { get; } = new();
}

internal sealed record BeatDone(EngineStatus Status, DateTimeOffset? NextDue);
