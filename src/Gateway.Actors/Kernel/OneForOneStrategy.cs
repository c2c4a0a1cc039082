// Decides about the failing child alone, its siblings go on. A restart beyond the limit within the trailing window becomes a stop.

namespace Gateway.Actors.Kernel;

/// <param name="maxRestarts">Restarts allowed within the window; 0 allows none, <see cref="int.MaxValue"/> any number.</param>
/// <param name="window">Its length; <see cref="Timeout.InfiniteTimeSpan"/>: the actor's whole life.</param>
/// <param name="decider">Pure; what it throws counts as a failure of the supervisor.</param>
public sealed class OneForOneStrategy(int maxRestarts, TimeSpan window, Func<Exception, Directive> decider) : SupervisorStrategy
{
    internal override Directive Decide(RestartHistory history, Exception reason, TimeProvider time)
    {
        var directive = decider(reason);
        if (directive != Directive.Restart || maxRestarts == int.MaxValue)
            return directive;
        return history.TryAdd(time, maxRestarts, window) ? Directive.Restart : Directive.Stop;
    }
}
