// How a system runs its actors; the defaults suit a server.

using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Kernel;

public sealed class ActorSystemOptions
{
    /// <summary>Names the system in logs.</summary>
    public string Name { get; init; } = "gateway";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IDispatcher Dispatcher { get; init; } = ThreadPoolDispatcher.Instance;

    /// <summary>Null: the system says nothing.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>User messages a turn, before others get the thread.</summary>
    public int Throughput { get; init; } = 100;

    /// <summary>The resolution of timers: they go off up to this much late.</summary>
    public TimeSpan WheelTick { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Decides about top-level actors. Escalate means Stop here: there is no one above.</summary>
    public SupervisorStrategy GuardianStrategy { get; init; } = SupervisorStrategy.Default;
}
