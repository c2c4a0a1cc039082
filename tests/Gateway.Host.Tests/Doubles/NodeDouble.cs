// The node as the gate, the health probe and the life-cycle see it: figures that a test sets.

using Gateway.Actors;
using Gateway.Actors.Connections;
using Gateway.Actors.Engine;

namespace Gateway.Host.Tests.Doubles;

internal sealed class NodeDouble : IGatewayNode, IEngineListener
{
    public Dictionary<string, int> ByUser { get; } = [];

    public (int All, int Unauthenticated) Connections { get; set; }

    public bool IsDraining { get; set; }

    public bool IsDegraded { get; set; }

    public bool IsBehind { get; set; }

    public int Drains { get; private set; }

    public IConnectionPort? Open(ConnectionRequest request) => null;

    public int ConnectionsOf(string userId) => ByUser.GetValueOrDefault(userId);

    public Task Drain()
    {
        Drains++;
        IsDraining = true;
        return Task.CompletedTask;
    }

    public void Notify(EngineNotice notice)
    {
    }
}
