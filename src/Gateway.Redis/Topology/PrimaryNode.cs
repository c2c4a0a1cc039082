// A primary with its three connections. Publishes may go out when the very process they go to was prepared; whoever lives in Redis hears when both
// publishes and commands can be sent, and when one cannot any more.

using Gateway.Redis.Connections;

namespace Gateway.Redis.Topology;

internal sealed class PrimaryNode : ILaneOwner, IAsyncDisposable
{
    private readonly ClientParts _parts;
    private readonly ITopologyWatch _watch;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _preparedRunId = "";
    private bool? _isUp;
    private volatile bool _isGone;

    public PrimaryNode(RedisEndpoint endpoint, Slots slots, ClientParts parts, ITopologyWatch watch)
    {
        _parts = parts;
        _watch = watch;
        Primary = new RedisPrimary(endpoint, slots);
        Publishes = new Lane(LaneKind.Publishes, endpoint, parts, this);
        Commands = new Lane(LaneKind.Commands, endpoint, parts, this);
        Subscriptions = new Lane(LaneKind.Subscriptions, endpoint, parts, this);
    }

    public RedisPrimary Primary { get; }

    public Lane Publishes { get; }

    public Lane Commands { get; }

    public Lane Subscriptions { get; }

    /// <summary>Timestamp until which it stays although it owns nothing, since a slot is on its way to it.</summary>
    public long KeptUntil { get; set; }

    /// <summary>Ends when it was up for the first time, or with the refusal that its first contact met.</summary>
    public Task Started => _started.Task;

    /// <summary>Why it is not up, as last heard.</summary>
    public string Trouble { get; private set; } = "";

    public Lane For(RedisPurpose purpose) => purpose == RedisPurpose.Publishes ? Publishes : Commands;

    public void Start()
    {
        Commands.Start();
        Publishes.Start();
        Subscriptions.Start();
    }

    public async ValueTask Prepare(Lane lane, ServerFacts facts, CancellationToken ct)
    {
        if (lane.Kind == LaneKind.Publishes)
            await AwaitPrepared(facts.RunId, ct).ConfigureAwait(false);
        if (lane.Kind != LaneKind.Commands)
            return;

        Primary.RunId = facts.RunId;
        Primary.Version = facts.Version;
        // A guest that does not listen to the token must not hold up the next connection, nor the client's end.
        await _parts.Guest.Prepare(Primary, ct).AsTask().WaitAsync(ct).ConfigureAwait(false);
        lock (_lock)
        {
            _preparedRunId = facts.RunId;
            _prepared.TrySetResult();
            _prepared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Opened(Lane lane)
    {
        if (lane.Kind == LaneKind.Subscriptions)
            _watch.SubscriptionsOpened(this);
        else
            Announce(since: null);
    }

    public void Lost(Lane lane, DateTimeOffset since)
    {
        if (lane.Kind == LaneKind.Subscriptions)
            _watch.SubscriptionsLost(this);
        else
            Announce(since);
    }

    public void NotConnected(Lane lane, Exception reason)
    {
        Trouble = reason.Message;
        if (reason is RedisStartException)
            _started.TrySetException(reason);
        if (lane.Kind != LaneKind.Subscriptions)
            Announce(_parts.Time.GetUtcNow());
    }

    public void Pushed(Lane lane, ReadOnlySpan<byte> frame)
    {
        if (lane.Kind == LaneKind.Subscriptions)
            _watch.Pushed(this, frame);
    }

    public void Suspect() => _watch.Suspect();

    public async ValueTask DisposeAsync()
    {
        _isGone = true;
        await Task.WhenAll(Commands.DisposeAsync().AsTask(), Publishes.DisposeAsync().AsTask(), Subscriptions.DisposeAsync().AsTask()).ConfigureAwait(false);
        _started.TrySetCanceled();
        // Nobody may be waiting any more.
        _ = _started.Task.Exception;
    }

    private async Task AwaitPrepared(string runId, CancellationToken ct)
    {
        for (var others = 0; ; others++)
        {
            Task prepared;
            lock (_lock)
            {
                if (_preparedRunId == runId)
                    return;
                prepared = _prepared.Task;
                // Two processes answer at one endpoint: one of the two connections is to the old one. First the other is made again, then this.
                if (others > 1)
                    throw new LinkException("another process than this one was prepared");
                if (_preparedRunId.Length > 0 && Commands.IsOpen)
                    Commands.Drop("another process answers at its endpoint");
            }

            await prepared.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Tells of a change, if it is one. The lock keeps Up and Down in the order in which they happened.</summary>
    private void Announce(DateTimeOffset? since)
    {
        lock (_lock)
        {
            var isUp = Commands.IsOpen && Publishes.IsOpen;
            if (_isGone || _isUp == isUp)
                return;
            // The one lane opens before the other; that is no news, the first failure is.
            if (!isUp && since is null)
                return;
            _isUp = isUp;
            if (isUp)
                _parts.Tell(_parts.Guest, guest => guest.Up(Primary));
            else
                _parts.Tell(_parts.Guest, guest => guest.Down(Primary, since!.Value));
        }

        if (_isUp == true)
            _started.TrySetResult();
    }
}
