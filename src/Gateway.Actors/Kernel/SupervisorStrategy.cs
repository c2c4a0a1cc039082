// How an actor answers the failures of its children. Strategies hold no state of a child: that is its RestartHistory.

namespace Gateway.Actors.Kernel;

public abstract class SupervisorStrategy
{
    private protected SupervisorStrategy()
    {
    }

    /// <summary>Restart, at most 10 times a minute and then stop; an actor that could not be started is stopped.</summary>
    public static SupervisorStrategy Default { get; } =
        new OneForOneStrategy(10, TimeSpan.FromMinutes(1), DefaultDecider);

    public static Directive DefaultDecider(Exception reason) =>
        reason is ActorInitializationException ? Directive.Stop : Directive.Restart;

    internal abstract Directive Decide(RestartHistory history, Exception reason, TimeProvider time);
}
