// Told like any message, stops the actor when its turn comes: after what was told before it.

namespace Gateway.Actors.Kernel;

public sealed class PoisonPill
{
    private PoisonPill()
    {
    }

    public static PoisonPill Instance { get; } = new();
}
