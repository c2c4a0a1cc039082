// What all connections of a node share, beside NodeServices.

using Gateway.Actors.Kernel;

namespace Gateway.Actors.Connections;

/// <param name="Rooms">The parent of the node's rooms.</param>
/// <param name="Connections">The parent of the node's connections.</param>
internal sealed record ConnectionsServices(
    ActorRef Rooms, ActorRef Connections, UserDirectory Users, ConnectionCount Count, ITokenAuthenticator Authenticator);
