// An actor that could not be made or started: its factory, PreStart or PostRestart threw.

namespace Gateway.Actors.Kernel;

public sealed class ActorInitializationException : Exception
{
    public ActorInitializationException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
