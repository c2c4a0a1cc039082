// What became of a message that an actor wanted to put aside.

namespace Gateway.Actors.Kernel;

public enum StashOutcome
{
    Stashed,

    /// <summary>The stash is full; the message became a dead letter.</summary>
    Full,
}
