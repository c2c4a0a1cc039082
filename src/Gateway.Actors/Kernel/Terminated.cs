// What a watcher receives, once, when the actor that it watches has ended.

namespace Gateway.Actors.Kernel;

public sealed record Terminated(ActorRef Ref);
