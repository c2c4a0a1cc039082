// The nodes that make up the gateway.

namespace Gateway.Actors.Engine;

public interface INodes
{
    /// <summary>What this node says of itself; shown to all until the next report.</summary>
    void Report(NodeLoad load);

    ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes();

    /// <summary>Proves that the storage takes writes.</summary>
    ValueTask<EngineStatus> Probe();
}

public readonly record struct NodeLoad(int Connections, int Rooms, double CpuPercent, long MemoryBytes, bool Draining);

public readonly record struct NodeSummary(string NodeId, DateTimeOffset StartedAt, NodeLoad Load);
