// All lanes of this node, one a partition, and what they share: the client, the bound on what waits, and the end of the engine.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class PublishLanes
{
    // A WAIT is allowed a second, and its way.
    private const int WaitMs = 1_000;
    private const int WaitDeadlineMs = 2_500;

    private static readonly RedisCommand WaitForReplica = RedisCommand.Of("WAIT", 1, WaitMs).Within(WaitDeadlineMs);

    private readonly PublishLane[] _lanes;
    private readonly RedisLink _link;
    private readonly IEngineHealth _health;
    private readonly RedisMetrics _metrics;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pending;
    private volatile bool _isClosing;

    public PublishLanes(RedisLink link, IEngineHealth health, RedisMetrics metrics)
    {
        (_link, _health, _metrics) = (link, health, metrics);
        var bounds = new LaneBounds(link.Options.WindowPerPartition, link.Options.DeadlineMs);
        WaitsForReplica = link.Options.Ack == RedisAck.Replicated;
        _lanes = [.. link.Partitions.Select(partition => new PublishLane(new Port(this, link.SlotOf(partition)), bounds, NowMs))];
        metrics.Observe("gateway.engine.publishes.pending", "{event}", "Publications that wait or are under way.", () => Volatile.Read(ref _pending));
    }

    /// <summary>An event counts as stored only when a replica has it.</summary>
    public bool WaitsForReplica { get; set; }

    /// <summary>Takes a place under the common bound. Whoever got it hands in an entry, or releases it.</summary>
    public EngineStatus TryReserve(int partition)
    {
        if (_isClosing || !_health.Accepts(partition))
            return EngineStatus.Degraded;
        if (Interlocked.Increment(ref _pending) <= _link.Options.QueueCapacity)
            return EngineStatus.Ok;
        Release(1);
        return EngineStatus.Busy;
    }

    public void Publish(Publication publication, RoomAddress address)
    {
        var status = TryReserve(address.Partition);
        if (status == EngineStatus.Ok)
            _lanes[address.Partition].Add(new PublishEntry(publication, address.Publish(publication), _metrics));
        else
            publication.Completed(new PublishOutcome(status == EngineStatus.Busy ? PublishStatus.Busy : PublishStatus.Degraded));
    }

    public ValueTask<EngineStatus> Forget(RoomAddress address, string epoch)
    {
        var status = TryReserve(address.Partition);
        if (status != EngineStatus.Ok)
            return new ValueTask<EngineStatus>(status);
        var entry = new ForgetEntry(address.Forget(epoch));
        _lanes[address.Partition].Add(entry);
        return new ValueTask<EngineStatus>(entry.Answer);
    }

    public void Release(int entries)
    {
        if (Interlocked.Add(ref _pending, -entries) <= 0 && _isClosing)
            _drained.TrySetResult();
    }

    public void Tick()
    {
        foreach (var lane in _lanes)
            lane.Tick();
    }

    /// <summary>Takes nothing more, and ends when all that was taken is over.</summary>
    public async ValueTask Close()
    {
        _isClosing = true;
        if (Volatile.Read(ref _pending) > 0)
        {
            try
            {
                await _drained.Task.WaitAsync(TimeSpan.FromMilliseconds(_link.Options.DeadlineMs), _link.Time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // What is left is over now; the client's end tells those that are under way.
            }
        }

        foreach (var lane in _lanes)
            lane.Close();
    }

    private long NowMs() => (long)_link.Time.GetElapsedTime(0).TotalMilliseconds;

    private sealed class Port(PublishLanes lanes, int slot) : ILanePort
    {
        public bool WaitsForReplica => lanes.WaitsForReplica;

        public void Send(LaneEntry entry)
        {
            if (entry.Ask is { } ask)
                lanes._link.Client.Asking(ask, RedisPurpose.Publishes, entry.Command, entry);
            else
                lanes._link.Client.Send(slot, RedisPurpose.Publishes, entry.Command, entry);
        }

        public void SendWithWait(LaneBatch batch)
        {
            var commands = new RedisCommand[batch.Entries.Length + 1];
            var callers = new IRedisCaller[commands.Length];
            for (var i = 0; i < batch.Entries.Length; i++)
                (commands[i], callers[i]) = (batch.Entries[i].Command, batch.Entries[i]);
            (commands[^1], callers[^1]) = (WaitForReplica, batch);
            if (batch.Entries[0].Ask is { } ask)
                lanes._link.Client.AskingAll(ask, RedisPurpose.Publishes, commands, callers);
            else
                lanes._link.Client.SendAll(slot, RedisPurpose.Publishes, commands, callers);
        }

        public void Redirected(RedisError error) => lanes._link.Client.Redirected(error);

        public void Retrying(int entries) => lanes._metrics.Retries.Add(entries);

        public void Released(int entries) => lanes.Release(entries);
    }
}
