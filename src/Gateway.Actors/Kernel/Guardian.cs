// The parent of all top-level actors: supervises them, handles no message.

namespace Gateway.Actors.Kernel;

internal sealed class Guardian(SupervisorStrategy strategy) : Actor
{
    protected override SupervisorStrategy SupervisorStrategy => strategy;

    protected override void Receive(object message) => Unhandled(message);
}
