// What one look found: who owns which slots, and whom to ask next time.

namespace Gateway.Redis.Topology;

/// <param name="Contacts">Every process that was named, primaries and replicas.</param>
/// <param name="Trust">Of several views the one with the most is believed.</param>
internal sealed record TopologyView(bool IsCluster, IReadOnlyList<SlotRange> Ranges, IReadOnlyList<RedisEndpoint> Contacts, long Trust);
