// The primaries that are known, and which slots are whose. Changed by a refresh and by redirects, one at a time; read by everybody.

using Gateway.Redis.Connections;

namespace Gateway.Redis.Topology;

internal sealed class Primaries(ClientParts parts, ITopologyWatch watch) : IAsyncDisposable
{
    /// <summary>No Cluster has more nodes; a peer that redirects to ever new places ends here.</summary>
    private const int MaxPrimaries = 1000;

    /// <summary>A node that a slot is on its way to may own nothing yet.</summary>
    private static readonly TimeSpan KeptAfterAsk = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<RedisEndpoint, PrimaryNode> _nodes = [];
    private readonly List<Task> _leaving = [];
    private IReadOnlyList<PrimaryNode> _all = [];
    private IReadOnlyList<RedisPrimary> _primaries = [];
    private IReadOnlyList<RedisEndpoint> _contacts = [];
    private bool _isClosed;
    private bool _hasRedirected;

    public Slots Slots { get; } = new();

    public bool IsCluster { get; private set; }

    public IReadOnlyList<PrimaryNode> All => Volatile.Read(ref _all);

    public IReadOnlyList<RedisPrimary> Known => Volatile.Read(ref _primaries);

    /// <summary>Whom the latest view named.</summary>
    public IReadOnlyList<RedisEndpoint> Contacts => Volatile.Read(ref _contacts);

    public PrimaryNode? Of(RedisPrimary primary) => All.FirstOrDefault(node => ReferenceEquals(node.Primary, primary));

    /// <returns>Whether anything is different from the view before, redirects included.</returns>
    public bool Apply(TopologyView view)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            IsCluster = view.IsCluster;
            Volatile.Write(ref _contacts, view.Contacts);
            var owners = new PrimaryNode?[RedisSlot.Count];
            foreach (var range in view.Ranges)
            {
                if (NodeAt(range.Owner) is { } node)
                    owners.AsSpan(range.First, range.Last - range.First + 1).Fill(node);
            }

            var hasMoved = Slots.Replace(owners);
            var hasLeft = Release(view);
            var hasChanged = hasMoved || hasLeft || _hasRedirected;
            _hasRedirected = false;
            Publish();
            return hasChanged;
        }
    }

    public void Move(int slot, RedisEndpoint to)
    {
        lock (_lock)
        {
            if (NodeAt(to) is not { } node || ReferenceEquals(Slots.Owner(slot), node))
                return;
            Slots.Move(slot, node);
            _hasRedirected = true;
            Publish();
        }
    }

    /// <summary>Where an ASK points.</summary>
    public PrimaryNode? Importing(RedisEndpoint endpoint)
    {
        lock (_lock)
        {
            if (NodeAt(endpoint) is not { } node)
                return null;
            node.KeptUntil = parts.Time.GetTimestamp() + (long)(KeptAfterAsk.TotalSeconds * parts.Time.TimestampFrequency);
            Publish();
            return node;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] leaving;
        lock (_lock)
        {
            _isClosed = true;
            leaving = [.. _leaving, .. _nodes.Values.Select(node => node.DisposeAsync().AsTask())];
            _nodes.Clear();
        }

        await Task.WhenAll(leaving).ConfigureAwait(false);
    }

    private PrimaryNode? NodeAt(RedisEndpoint endpoint)
    {
        if (_nodes.TryGetValue(endpoint, out var node) || _isClosed)
            return node;
        if (_nodes.Count >= MaxPrimaries)
        {
            RedisLog.TooManyPrimaries(parts.Log, endpoint, _nodes.Count);
            return null;
        }

        node = new PrimaryNode(endpoint, Slots, parts, watch);
        _nodes.Add(endpoint, node);
        // Its guest calls it as soon as it is connected, so it must be known before.
        Publish();
        node.Start();
        return node;
    }

    private bool Release(TopologyView view)
    {
        var owners = view.Ranges.Select(range => range.Owner).ToHashSet();
        var now = parts.Time.GetTimestamp();
        var gone = _nodes.Values.Where(node => !owners.Contains(node.Primary.Endpoint) && node.KeptUntil <= now).ToList();
        _leaving.RemoveAll(task => task.IsCompleted);
        foreach (var node in gone)
        {
            _nodes.Remove(node.Primary.Endpoint);
            _leaving.Add(node.DisposeAsync().AsTask());
        }

        return gone.Count > 0;
    }

    private void Publish()
    {
        Volatile.Write(ref _all, [.. _nodes.Values]);
        Volatile.Write(ref _primaries, [.. _nodes.Values.Select(node => node.Primary)]);
    }
}
