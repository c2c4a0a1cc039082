// What became of a told message at the moment it was told.

namespace Gateway.Actors.Kernel;

public enum TellOutcome
{
    Accepted,

    /// <summary>The mailbox's bound is reached.</summary>
    Full,

    /// <summary>The actor has ended.</summary>
    Stopped,
}
