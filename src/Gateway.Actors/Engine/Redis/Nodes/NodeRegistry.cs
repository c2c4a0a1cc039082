// What the nodes say of themselves, in a hash of the first partition. A node that says nothing for a while is left out.

using System.Globalization;

namespace Gateway.Actors.Engine.Redis;

internal sealed class NodeRegistry(MemberCore core)
{
    private readonly Lock _gate = new();
    private readonly DateTimeOffset _startedAt = core.Time.GetUtcNow();
    private NodeLoad _load;
    private bool _isSending;
    private bool _isStale;

    private PartitionKeys Home => core.Keys.All[0];

    private string Me => core.Options.NodeId;

    /// <summary>Sends the latest word, one at a time.</summary>
    public void Report(NodeLoad load)
    {
        lock (_gate)
        {
            _load = load;
            _isStale = true;
            if (_isSending)
                return;
            _isSending = true;
        }

        _ = Send();
    }

    public async ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes()
    {
        var reply = await core.Calls.Call(Home, "gw1_nodes", [Home.Nodes], []).ConfigureAwait(false);
        if (reply.IsError)
            return (RedisLink.StatusOf(reply), []);
        NodeLoad own;
        lock (_gate)
            own = _load;
        var nodes = new List<NodeSummary> { new(Me, _startedAt, own) };
        for (var i = 1; i + 1 < reply.Count; i += 2)
        {
            if (reply[i].Text is var node && node != Me && TryParse(node, reply[i + 1].Text, out var summary))
                nodes.Add(summary);
        }

        nodes.Sort(static (one, other) => string.CompareOrdinal(one.NodeId, other.NodeId));
        return (EngineStatus.Ok, nodes);
    }

    /// <summary>Writes on every primary; all must take it.</summary>
    public async ValueTask<EngineStatus> Probe()
    {
        var partitions = core.Calls.OnePerPrimary();
        if (partitions.Count == 0)
            return EngineStatus.Degraded;
        var probes = partitions.Select(partition => core.Calls.Call(partition, "gw1_probe", [partition.Probe], []).AsTask()).ToArray();
        foreach (var probe in probes)
        {
            var reply = await probe.ConfigureAwait(false);
            if (reply.IsError)
                return RedisLink.StatusOf(reply);
        }

        return EngineStatus.Ok;
    }

    public async ValueTask Forget() => await core.Calls.Call(Home, "gw1_node_forget", [Home.Nodes], [Me]).ConfigureAwait(false);

    private async Task Send()
    {
        while (true)
        {
            NodeLoad load;
            lock (_gate)
            {
                _isSending = _isStale;
                if (!_isStale)
                    return;
                _isStale = false;
                load = _load;
            }

            await core.Calls.Call(Home, "gw1_node_report", [Home.Nodes], [Me, TextOf(load)]).ConfigureAwait(false);
        }
    }

    private string TextOf(NodeLoad load) => string.Create(
        CultureInfo.InvariantCulture,
        $"{_startedAt.ToUnixTimeMilliseconds()} {load.Connections} {load.Rooms} {load.CpuPercent:R} {load.MemoryBytes} {(load.Draining ? 1 : 0)}");

    private static bool TryParse(string node, string text, out NodeSummary summary)
    {
        summary = default;
        var culture = CultureInfo.InvariantCulture;
        if (text.Split(' ') is not [var started, var connections, var rooms, var cpu, var memory, var draining]
            || !long.TryParse(started, culture, out var startedMs) || !int.TryParse(connections, culture, out var connectionCount)
            || !int.TryParse(rooms, culture, out var roomCount) || !double.TryParse(cpu, culture, out var percent)
            || !long.TryParse(memory, culture, out var bytes))
        {
            return false;
        }

        summary = new NodeSummary(
            node, DateTimeOffset.FromUnixTimeMilliseconds(startedMs), new NodeLoad(connectionCount, roomCount, percent, bytes, draining == "1"));
        return true;
    }
}
