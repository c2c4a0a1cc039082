// What a system counts. Read and written by any thread.

namespace Gateway.Actors.Kernel;

public sealed class KernelCounters
{
    private long _actorsAlive;
    private long _deadLetters;
    private long _failures;
    private long _restarts;

    /// <summary>The guardian not counted.</summary>
    public long ActorsAlive => Volatile.Read(ref _actorsAlive);

    public long DeadLetters => Volatile.Read(ref _deadLetters);

    public long Failures => Volatile.Read(ref _failures);

    public long Restarts => Volatile.Read(ref _restarts);

    internal void ActorSpawned() => Interlocked.Increment(ref _actorsAlive);

    internal void ActorEnded() => Interlocked.Decrement(ref _actorsAlive);

    internal void DeadLetterPublished() => Interlocked.Increment(ref _deadLetters);

    internal void ActorFailed() => Interlocked.Increment(ref _failures);

    internal void ActorRestarted() => Interlocked.Increment(ref _restarts);
}
