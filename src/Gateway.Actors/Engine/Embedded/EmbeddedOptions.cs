// What the embedded engine is told at its construction. The defaults are the contract's, or say where they come from.

using Gateway.Actors.Policy;

namespace Gateway.Actors.Engine.Embedded;

public sealed record EmbeddedOptions
{
    /// <summary>Where the journal lies. Null: in memory only, for a pumped engine in tests.</summary>
    public string? DataDir { get; init; } = "data";

    public string NodeId { get; init; } = "node-1";

    public Namespaces Namespaces { get; init; } = Namespaces.BuiltIn;

    public int GraceMs { get; init; } = 12_000;

    public int ResumeMs { get; init; } = 120_000;

    public TimeSpan IdempotencyWindow { get; init; } = TimeSpan.FromMinutes(5);

    public int IdsPerRoom { get; init; } = 100_000;

    /// <summary>Requests that wait for the writer; past it they are Busy. About half a second of work.</summary>
    public int QueueCapacity { get; init; } = 32_768;

    /// <summary>Operations a transaction: past some hundreds a longer batch only adds latency.</summary>
    public int BatchLimit { get; init; } = 512;

    /// <summary>How long a request may wait for a disk that does not answer (the contract's 5 s).</summary>
    public int DeadlineMs { get; init; } = 5_000;

    /// <summary>Sessions, detached ones included; past it Open is Busy. Twice the default of connections a node.</summary>
    public int MaxSessions { get; init; } = 200_000;

    public int MaxRoomsPerSession { get; init; } = 1_024;

    /// <summary>Rooms that ever had an event; past it a publication to a new one is Busy.</summary>
    public int MaxRooms { get; init; } = 1_000_000;

    public int MaxCursorsPerRoom { get; init; } = 20_000;

    public int MaxRefusals { get; init; } = 100_000;

    /// <summary>Rooms nobody listens to that stay in memory.</summary>
    public int IdleRooms { get; init; } = 4_096;

    /// <summary>The newest events kept in memory, a room.</summary>
    public int TailEvents { get; init; } = 128;

    public int TailBytes { get; init; } = 256 * 1024;

    /// <summary>The same for all rooms together.</summary>
    public long AllTailsBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>History reads from the disk that run or wait; past it Busy.</summary>
    public int MaxReads { get; init; } = 1_024;

    public int ReadConnections { get; init; } = 2;

    /// <summary>Up to this size the file's structure is checked at each start, not only after an unclean stop (under a second).</summary>
    public long CheckAlwaysBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>No thread of its own: the caller runs the writer by <see cref="EmbeddedEngine.Pump"/>, all on one thread. For tests.</summary>
    public bool Pumped { get; init; }

    /// <summary>Runs within the journal's steps; a test makes the disk fail by throwing a <see cref="JournalException"/> from it.</summary>
    internal Action<JournalStep>? OnJournalStep { get; init; }
}
