// The engine of a cluster: all that nodes share lies in Redis, and every change is one function there. This file: its life. The calls of the seam
// are in its other files, each handing on to the part that owes it. Calls come from any thread.

using System.Security.Cryptography;
using Gateway.Redis;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

public sealed partial class RedisEngine : IEngine
{
    /// <summary>How often a start looks again whether what it waits for is there.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private const int JitterSteps = 1 << 20;

    private readonly RedisEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RedisMetrics _metrics = new();
    private readonly StartCheck _check;
    private readonly RedisGuest _guest;
    private readonly RedisLink _link;
    private readonly EngineSeams _seams = new();
    private int _disposed;

    public RedisEngine(RedisEngineOptions options, TimeProvider time, ILogger<RedisEngine> log)
    {
        _options = options;
        _time = time;
        _log = log;
        _check = new StartCheck(options, FunctionLibrary.Embedded, time, log);
        _guest = new RedisGuest(_check);
        var client = new RedisClient(options.Redis, _guest, time, Jitter, log);
        _link = new RedisLink(options, client, time, log, _metrics);
        _events = new RedisEvents(_link, _seams, _metrics);
        _members = new RedisMembers(_link, _events.Followers, _seams, _metrics);
        _seams.Health = _members;
        _guest.Attach(_link, _members);
        Observe();
    }

    /// <summary>What an ack means here (E2); known once started.</summary>
    public RedisAck Ack => _check.Ack;

    public int Backlog => _link.Waiting;

    internal RedisLink Link => _link;

    internal RedisEvents Events => _events;

    public async ValueTask Start(IEngineListener listener, CancellationToken cancellation)
    {
        _seams.Listener = listener;
        try
        {
            await _link.Client.Connect(cancellation).ConfigureAwait(false);
            await AwaitSlots(cancellation).ConfigureAwait(false);
            await CheckInstall().ConfigureAwait(false);
            _events.Ack = Ack;
            await _members.Begin().ConfigureAwait(false);
        }
        catch (RedisStartException refused)
        {
            await DisposeAsync().ConfigureAwait(false);
            throw new EngineStartException(refused.Message, refused);
        }

        _guest.OnStarted();
        RedisLog.Opened(_log, _options.NodeId, _link.Client.Primaries.Count, Ack);
    }

    /// <summary>In order: what was taken is stored, what this node held is given back, and only then are the connections closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        await _events.DisposeAsync().ConfigureAwait(false);
        await _members.DisposeAsync().ConfigureAwait(false);
        await _link.Client.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        RedisLog.Closed(_log);
    }

    private void Observe()
    {
        _metrics.Observe("gateway.engine.rooms.behind", "{room}", "Rooms that are being read since their pushes left something out.", () => _events.RoomsBehind);
        _metrics.Observe("gateway.engine.calls.waiting", "{call}", "Calls that wait for their turn.", () => _link.Waiting);
        _metrics.Observe("gateway.sessions", "{session}", "Sessions that this node's connections own.", () => _members.SessionCount);
        _metrics.Observe("gateway.engine.degraded", "", "1 while Redis is lost, or some of its partitions are.", () => _members.IsLost ? 1 : 0);
    }

    private static double Jitter() => RandomNumberGenerator.GetInt32(JitterSteps) / (double)JitterSteps;

    /// <summary>A Cluster without all of its slots serves some rooms and not others; it may still be coming up.</summary>
    private async Task AwaitSlots(CancellationToken cancellation)
    {
        var start = _time.GetTimestamp();
        while (await LackOfSlots().ConfigureAwait(false) is { } lack)
        {
            if (_time.GetElapsedTime(start) >= _options.StartPatience)
                throw new RedisStartException(lack);
            RedisLog.Waiting(_log, lack);
            await Task.Delay(Pause, _time, cancellation).ConfigureAwait(false);
        }
    }

    /// <returns>Null: nothing is missing.</returns>
    private async ValueTask<string?> LackOfSlots()
    {
        if (!_link.Client.IsCluster)
            return null;
        var owned = _link.Partitions.Count(partition => _link.Client.Primaries.Any(primary => primary.Owns(_link.SlotOf(partition))));
        if (owned < Engine.Redis.Partitions.Count)
            return $"The Redis Cluster does not serve all slots: {Engine.Redis.Partitions.Count - owned} of {Engine.Redis.Partitions.Count} parts of the gateway's data have no primary. Assign the slots (redis-cli --cluster fix), or start the nodes that have them.";
        foreach (var primary in _link.Client.Primaries)
        {
            var info = await _link.Client.CallOn(primary, RedisCommand.Of("CLUSTER", "INFO")).ConfigureAwait(false);
            if (!info.IsError && !info.Text.Contains("cluster_state:ok", StringComparison.Ordinal))
                return $"The Redis Cluster is down as {primary} sees it (cluster_state is not ok). Assign all slots (redis-cli --cluster fix), or start the nodes that are missing.";
        }

        return null;
    }

    /// <summary>Where a key lies follows from the number of partitions, so it can never be another.</summary>
    private async Task CheckInstall()
    {
        var first = _link.Partitions[0];
        var reply = await _link.Call(first, "gw1_install", [first.Inc, first.Install], Engine.Redis.Partitions.Count).ConfigureAwait(false);
        if (reply.Error is { } error)
            throw new RedisStartException($"Redis takes no writes: {error.Message}");
        if (reply.Integer != Engine.Redis.Partitions.Count)
        {
            throw new RedisStartException(
                $"This Redis was set up by a gateway with {reply.Text} partitions, and this one has {Engine.Redis.Partitions.Count}: it would not find that one's data. Use the version that set it up, or another Redis.");
        }
    }
}
