// What the Redis engine is told at its construction. The defaults are the contract's, or say where they come from.

using Gateway.Actors.Policy;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

public sealed record RedisEngineOptions
{
    public required RedisOptions Redis { get; init; }

    /// <summary>Null: what the server is set to.</summary>
    public RedisAck? Ack { get; init; }

    public string NodeId { get; init; } = "node-1";

    public Namespaces Namespaces { get; init; } = Namespaces.BuiltIn;

    public int GraceMs { get; init; } = 12_000;

    public int ResumeMs { get; init; } = 120_000;

    public TimeSpan IdempotencyWindow { get; init; } = TimeSpan.FromMinutes(5);

    public int IdsPerRoom { get; init; } = 100_000;

    /// <summary>Publications that wait or are under way; past it they are Busy. About half a second of work.</summary>
    public int QueueCapacity { get; init; } = 32_768;

    /// <summary>Of one partition under way at once: more than a round trip holds, and of all partitions together no more than Redis does
    /// well within a command's deadline.</summary>
    public int WindowPerPartition { get; init; } = 64;

    /// <summary>How long a publication is tried again (the contract's 5 s).</summary>
    public int DeadlineMs { get; init; } = 5_000;

    public int MaxRoomsPerSession { get; init; } = 1_024;

    public int MaxCursorsPerRoom { get; init; } = 20_000;

    /// <summary>Own entries are compared with what Redis has this often, beside each change of generation.</summary>
    public TimeSpan AuditPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the start waits for a Redis that does not answer yet.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The time that the functions go by, in ms; null: Redis's own clock. For tests.</summary>
    internal Func<long>? Clock { get; init; }
}

/// <summary>What an ack means (E2).</summary>
public enum RedisAck
{
    /// <summary>The primary applied it.</summary>
    Memory,

    /// <summary>A replica has it too.</summary>
    Replicated,

    /// <summary>It is in the append-only file, synced.</summary>
    Fsync,
}
