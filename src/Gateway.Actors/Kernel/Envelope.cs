// One user message in a mailbox, with who sent it.

namespace Gateway.Actors.Kernel;

internal readonly record struct Envelope(object Message, ActorRef? Sender);
