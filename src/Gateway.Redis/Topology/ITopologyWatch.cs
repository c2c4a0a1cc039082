// Whom a primary's connections tell what concerns more than this primary.

namespace Gateway.Redis.Topology;

internal interface ITopologyWatch
{
    /// <summary>Something does not fit the topology as it is known: look again.</summary>
    void Suspect();

    void SubscriptionsOpened(PrimaryNode node);

    void SubscriptionsLost(PrimaryNode node);

    void Pushed(PrimaryNode node, ReadOnlySpan<byte> frame);
}
