// The seam between the actors and what stores and distributes: everything that must outlive a node, or cross nodes.
// Two implementations owe it: embedded (one process, a SQLite journal) and redis (the cluster).

namespace Gateway.Actors.Engine;

/// <summary>
/// Rules for all of its parts. Tests cite them by number; E1–E7 are the promises to the outside.
/// <list type="number">
/// <item>S1. No method throws on account of its arguments' content or of the storage: the outcome says it. (Programming errors may throw.)</item>
/// <item>S2. Callbacks and listeners are called on the engine's own threads, one at a time for each room; they must only hand on and return. What is not stored
/// (ephemeral events, signals, a refusal) may be told within the call, on the caller's thread.</item>
/// <item>S3. Every request completes, at the latest when its deadline passes, also when the engine stops.</item>
/// <item>S4. What is queued in the engine is bounded; past the bound a request completes with <see cref="EngineStatus.Busy"/>.</item>
/// </list>
/// </summary>
public interface IEngine : IEventLog, IMembership, INodes, IAsyncDisposable
{
    /// <summary>Requests that wait for their turn at a storage which is elsewhere. While there are many, those who are here come before those who come.</summary>
    int Backlog => 0;

    /// <summary>Opens the storage and begins to serve. A storage that can't be used is an <see cref="EngineStartException"/>
    /// whose message names what is wrong and the cure.</summary>
    ValueTask Start(IEngineListener listener, CancellationToken cancellation);
}

public sealed class EngineStartException : Exception
{
    public EngineStartException(string message)
        : base(message)
    {
    }

    public EngineStartException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

public enum EngineStatus
{
    Ok,

    /// <summary>Not done, and it won't be: a queue is full.</summary>
    Busy,

    /// <summary>Not done: the storage is away.</summary>
    Degraded,

    /// <summary>Perhaps done: the storage did not answer in time. The same request may be sent again.</summary>
    Unknown,

    /// <summary>There is no such session, room or user.</summary>
    NotFound,

    /// <summary>A later owner has the session; what its former one asks is ignored.</summary>
    Stale,
}
