// Learns the topology at the start and whenever something does not fit, and takes redirects in. It tells whoever lives in Redis of changes, and
// passes on what concerns channels.

using Gateway.Redis.Connections;
using Gateway.Redis.Subscriptions;

namespace Gateway.Redis.Topology;

internal sealed class TopologyKeeper : ITopologyWatch, IAsyncDisposable
{
    /// <summary>Servers that are asked in one look: enough to outvote one that is behind, few enough for a large Cluster.</summary>
    private const int AskedAtOnce = 8;

    /// <summary>How long a start waits for servers that do not answer; orchestrators start them together with the gateway.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(250);

    private readonly ClientParts _parts;
    private readonly TopologyFinder _finder;
    private readonly Refresher _refresher;
    private int _turn;

    public TopologyKeeper(ClientParts parts)
    {
        _parts = parts;
        _finder = new TopologyFinder(parts.Dialer);
        _refresher = new Refresher(Refresh, parts);
        Primaries = new Primaries(parts, this);
    }

    public Primaries Primaries { get; }

    public ChannelHub? Channels { get; set; }

    /// <exception cref="RedisStartException">It cannot start.</exception>
    public async Task Start(CancellationToken ct)
    {
        _parts.Dialer.CheckTrust();
        var start = _parts.Time.GetTimestamp();
        Take(await First(start, ct).ConfigureAwait(false));
        _refresher.Start();
        foreach (var node in Primaries.All)
            await Started(node, start, ct).ConfigureAwait(false);
    }

    public void Redirected(RedisError error)
    {
        if (error is not { Code: RedisErrorCode.Moved, Endpoint: { } endpoint })
            return;
        // Whoever is told of changes hears of this one with the refresh: a Cluster that moves a thousand slots is one change, not a thousand.
        Primaries.Move(error.Slot, endpoint);
        _refresher.Ask();
    }

    public void Suspect() => _refresher.Ask();

    public void SubscriptionsOpened(PrimaryNode node) => Channels?.Opened(node);

    public void SubscriptionsLost(PrimaryNode node) => Channels?.Lost(node);

    public void Pushed(PrimaryNode node, ReadOnlySpan<byte> frame) => Channels?.Pushed(node, frame);

    public async ValueTask DisposeAsync()
    {
        await _refresher.DisposeAsync().ConfigureAwait(false);
        await Primaries.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<TopologyView> First(long start, CancellationToken ct)
    {
        while (true)
        {
            var found = await _finder.Find(_parts.Options.Seeds, null, ct).ConfigureAwait(false);
            if (found.View is { } view)
                return view;
            if (found.Refusal is { } refusal)
                throw refusal;
            // A server that reads its data is there and answers when it is done, however long that takes.
            if (!found.IsLoading && _parts.Time.GetElapsedTime(start) > StartPatience)
                throw new RedisStartException($"No Redis primary is reached: {found.Problem}. Start it, or correct the address.");
            RedisLog.TopologyUnknown(_parts.Log, found.Problem);
            await Task.Delay(StartPause, _parts.Time, ct).ConfigureAwait(false);
        }
    }

    private async Task Started(PrimaryNode node, long start, CancellationToken ct)
    {
        var left = StartPatience - _parts.Time.GetElapsedTime(start);
        try
        {
            await node.Started.WaitAsync(left > StartPause ? left : StartPause, _parts.Time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new RedisStartException($"The Redis primary {node.Primary.Endpoint} cannot be used: {node.Trouble}. Its address must be reachable from here.");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // It has left the topology meanwhile.
        }
    }

    private async Task Refresh(CancellationToken ct)
    {
        var found = await _finder.Find(Contacts(), Primaries.IsCluster ? null : Primaries.Known is [var only, ..] ? only.Endpoint : null, ct).ConfigureAwait(false);
        if (found.View is { } view && view.IsCluster == Primaries.IsCluster)
            Take(view);
        else
            RedisLog.TopologyUnknown(_parts.Log, found.Problem);
    }

    /// <summary>Those that are named by configuration or by the latest view; of many, others each time.</summary>
    private List<RedisEndpoint> Contacts()
    {
        List<RedisEndpoint> all = [.. Primaries.Known.Select(primary => primary.Endpoint).Concat(_parts.Options.Seeds).Concat(Primaries.Contacts).Distinct()];
        if (all.Count <= AskedAtOnce)
            return all;
        var first = _turn = (_turn + AskedAtOnce) % all.Count;
        return [.. Enumerable.Range(first, AskedAtOnce).Select(i => all[i % all.Count])];
    }

    private void Take(TopologyView view)
    {
        if (Primaries.Apply(view))
            Changed();
    }

    private void Changed()
    {
        RedisLog.Topology(_parts.Log, string.Join(", ", Primaries.Known));
        Channels?.OwnersChanged();
        _parts.Tell(_parts.Guest, guest => guest.TopologyChanged());
    }
}
