// One delayed message to anyone.

namespace Gateway.Actors.Kernel;

internal sealed class ScheduledTell(Scheduler scheduler, ActorRef target, object message, ActorRef? sender) : WheelEntry, ICancelable
{
    public bool Cancel() => scheduler.Remove(this);

    public override void Fire() => target.Tell(message, sender);
}
