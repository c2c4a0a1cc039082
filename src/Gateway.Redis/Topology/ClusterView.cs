// Reads CLUSTER SLOTS: ranges, each with its primary and then its replicas. A node may leave its host out: that is the one that was asked.

namespace Gateway.Redis.Topology;

internal static class ClusterView
{
    /// <summary>More than any epoch: a view of a node that sees the cluster whole outweighs all others.</summary>
    private const long WholeCluster = 1L << 62;

    /// <returns>Null where it names no owner at all.</returns>
    public static TopologyView? Read(RedisEndpoint asked, string info, in RedisReply slots)
    {
        var ranges = new List<SlotRange>();
        var contacts = new HashSet<RedisEndpoint>();
        foreach (var range in slots.Items)
        {
            for (var i = 2; i < range.Count; i++)
            {
                if (Node(asked, range[i]) is not { } node)
                    continue;
                contacts.Add(node);
                if (i == 2 && range[0].Integer is >= 0 and var first && range[1].Integer is < RedisSlot.Count and var last && first <= last)
                    ranges.Add(new SlotRange((int)first, (int)last, node));
            }
        }

        return ranges.Count == 0 ? null : new TopologyView(true, ranges, [.. contacts], Trust(info));
    }

    private static RedisEndpoint? Node(RedisEndpoint asked, in RedisReply node)
    {
        var host = node[0].Text;
        var port = node[1].Integer;
        if (host == "?" || port is < 1 or > 65_535)
            return null;
        return new RedisEndpoint(host.Length == 0 ? asked.Host : host, (int)port);
    }

    private static long Trust(string info)
    {
        var trust = 0L;
        foreach (var line in info.Split("\r\n"))
        {
            if (line == "cluster_state:ok")
                trust += WholeCluster;
            else if (line.StartsWith("cluster_current_epoch:", StringComparison.Ordinal) && long.TryParse(line["cluster_current_epoch:".Length..], out var epoch))
                trust += Math.Clamp(epoch, 0, WholeCluster - 1);
        }

        return trust;
    }
}
