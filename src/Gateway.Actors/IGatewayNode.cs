// The node as the host sees it: it hands sockets in, and asks for the drain. What happens in between is the actors' business.

using Gateway.Actors.Connections;

namespace Gateway.Actors;

public interface IGatewayNode
{
    /// <summary>Begins to serve a socket. Null: the node takes none now (it is stopping).</summary>
    IConnectionPort? Open(ConnectionRequest request);

    /// <summary>How many connections a user has on this node; for the limit at the upgrade.</summary>
    int ConnectionsOf(string userId);

    /// <summary>All connections of this node, and those of them whose user is not known yet.</summary>
    (int All, int Unauthenticated) Connections { get; }

    bool IsDraining { get; }

    /// <summary>Tells every client to reconnect elsewhere, spread over the window; completes when none is left.</summary>
    Task Drain();

    /// <summary>The engine is behind with what those who are here want: who comes now is to come later.</summary>
    bool IsBehind { get; }

    /// <summary>Clients are being told <c>degraded</c>.</summary>
    bool IsDegraded { get; }
}
