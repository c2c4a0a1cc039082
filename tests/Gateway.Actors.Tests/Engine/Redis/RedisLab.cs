// The Redis engine under test on a real Redis. Functions go by the lab's time; the client and the lanes go by the real one.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Redis;
using Gateway.Redis.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Engine.Redis;

public sealed class RedisLab : EngineLab
{
    private readonly LabStore _store;
    private readonly List<Marker> _markers = [];
    private RedisEngine _engine = null!;
    private long _marks;

    private RedisLab(LabStore store) => _store = store;

    public override IEngine Engine => _engine;

    internal RedisEngine Redis => _engine;

    public static async Task<RedisLab> Begin(LabStore store)
    {
        store.Empty();
        var lab = new RedisLab(store);
        await lab.Start();
        return lab;
    }

    /// <summary>A mark goes the way of what was pushed before it; then what is being read again must have been read.</summary>
    public override async Task Settled()
    {
        var mark = ++_marks;
        foreach (var marker in _markers)
            Assert.False((await marker.Set(_engine.Link.Client, mark)).IsError);
        foreach (var marker in _markers)
            await Until.Holds("what was pushed has come", () => marker.Heard >= mark);
        await Until.Holds("rooms that are read again are there", () => _engine.Events.RoomsBehind == 0);
    }

    public override async Task Restart()
    {
        await Stop();
        await _store.Stop();
        await _store.Run();
        await Start();
    }

    public override async Task Kill()
    {
        await _store.Kill();
        await Stop();
        await _store.Run();
        await Start();
    }

    public override async ValueTask DisposeAsync() => await Stop();

    private RedisEngine Make() => new(
        new RedisEngineOptions
        {
            Redis = _store.Options,
            GraceMs = GraceMs,
            ResumeMs = ResumeMs,
            IdsPerRoom = IdsPerRoom,
            Namespaces = Namespaces,
            Clock = () => Time.GetUtcNow().ToUnixTimeMilliseconds(),
        },
        TimeProvider.System,
        NullLogger<RedisEngine>.Instance);

    private async Task Stop()
    {
        foreach (var marker in _markers)
            marker.Dispose();
        _markers.Clear();
        await _engine.DisposeAsync();
    }

    /// <summary>One marker a primary: each has a connection of its own.</summary>
    private async Task Start()
    {
        _engine = Make();
        await _engine.Start(Notices, default);
        foreach (var primary in _engine.Link.Client.Primaries)
            _markers.Add(new Marker(_engine.Link, _engine.Link.Partitions.First(partition => primary.Owns(_engine.Link.SlotOf(partition)))));
        foreach (var marker in _markers)
            await Until.Holds("the marker listens", () => marker.IsListening);
    }

    private sealed class Marker : IRedisSubscriber, IDisposable
    {
        private readonly int _slot;
        private readonly string _channel;
        private readonly IRedisSubscription _subscription;
        private long _heard;

        public Marker(RedisLink link, PartitionKeys partition)
        {
            _slot = link.SlotOf(partition);
            _channel = partition.Inc + ":mark";
            _subscription = link.Client.Subscribe(_slot, _channel, this);
        }

        public long Heard => Volatile.Read(ref _heard);

        public bool IsListening { get; private set; }

        public ValueTask<RedisReply> Set(RedisClient client, long mark) => client.Call(_slot, RedisCommand.Of("SPUBLISH", _channel, mark));

        public void Confirmed() => IsListening = true;

        public void Lost() => IsListening = false;

        public void Message(ReadOnlyMemory<byte> payload) =>
            Volatile.Write(ref _heard, long.Parse(System.Text.Encoding.ASCII.GetString(payload.Span), System.Globalization.CultureInfo.InvariantCulture));

        public void Dispose() => _subscription.Dispose();
    }
}
