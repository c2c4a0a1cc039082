// The events' part of one node's engine, against a real Redis: the client, the functions loaded, and a health that the test sets.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Protocol;
using Gateway.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Engine.Redis;

internal sealed class EventsNode : IAsyncDisposable, IEngineHealth, IRedisGuest
{
    private readonly RedisMetrics _metrics = new();

    private EventsNode(RedisEngineOptions options)
    {
        Client = new RedisClient(options.Redis, this, TimeProvider.System, () => 0.5, NullLogger.Instance);
        Link = new RedisLink(options, Client, TimeProvider.System, NullLogger.Instance);
        Events = new RedisEvents(Link, this, _metrics);
    }

    public RedisClient Client { get; }

    public RedisLink Link { get; }

    public RedisEvents Events { get; }

    public bool IsHealthy { get; set; } = true;

    public static async Task<EventsNode> Start(RedisEndpoint endpoint, Func<RedisEngineOptions, RedisEngineOptions>? options = null)
    {
        var given = new RedisEngineOptions { Redis = new RedisOptions { Seeds = [endpoint] }, Namespaces = EngineLab.Namespaces };
        var node = new EventsNode(options?.Invoke(given) ?? given);
        await node.Client.Connect(default).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return node;
    }

    public bool Accepts(int partition) => IsHealthy;

    public async ValueTask Prepare(RedisPrimary primary, CancellationToken ct)
    {
        using var stream = typeof(RedisLink).Assembly.GetManifestResourceStream("gateway.lua")!;
        using var reader = new StreamReader(stream);
        var reply = await Client.CallOn(primary, RedisCommand.Of("FUNCTION", "LOAD", "REPLACE", await reader.ReadToEndAsync(ct)));
        if (reply.IsError)
            throw new RedisStartException(reply.Text);
    }

    public void Up(RedisPrimary primary)
    {
    }

    public void Down(RedisPrimary primary, DateTimeOffset since)
    {
    }

    public void TopologyChanged()
    {
    }

    public TestPublication Say(RoomName room, string? id = null, string user = "ann", string fields = "\"content\":\"hi\"", bool ephemeral = false)
    {
        var publication = TestPublication.To(room, id, user, fields, ephemeral);
        Events.Publish(publication);
        return publication;
    }

    public async Task<PublishOutcome> SayMany(RoomName room, int count)
    {
        var outcomes = Enumerable.Range(0, count).Select(_ => Say(room).Outcome).ToList();
        return (await Task.WhenAll(outcomes))[^1];
    }

    public async Task<NoticeProbe> Listen(RoomName room)
    {
        var probe = new NoticeProbe();
        Assert.Equal(EngineStatus.Ok, (await Events.Subscribe(room, probe)).Status);
        return probe;
    }

    public ValueTask<HistoryPage> Since(RoomName room, long after, string? epoch, int limit = 500, int maxBytes = int.MaxValue) =>
        Events.Read(new HistoryQuery(room, after, epoch, null, limit, maxBytes));

    public ValueTask<HistoryPage> Last(RoomName room, int limit, long? before = null, int maxBytes = int.MaxValue) =>
        Events.Read(new HistoryQuery(room, null, null, before, limit, maxBytes));

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await Client.DisposeAsync();
        _metrics.Dispose();
    }
}
