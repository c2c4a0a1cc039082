// One node of the lab: its own connections to Redis, its part of the engine, and what that part told it.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Protocol;
using Gateway.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

internal sealed class MemberNode : IAsyncDisposable
{
    private readonly RedisClient _client;
    private readonly RedisMetrics _metrics = new();

    private MemberNode(RedisClient client, RedisEngineOptions options, TimeProvider time)
    {
        _client = client;
        var link = new RedisLink(options, client, time, NullLogger.Instance);
        Link = link;
        Calls = new GatedCalls(new LinkedCalls(link));
        Members = new RedisMembers(Calls, link.Partitions, options, time, NullLogger.Instance, Followers, Notices, _metrics);
    }

    public RedisLink Link { get; }

    public GatedCalls Calls { get; }

    public RedisMembers Members { get; }

    public NoticeProbe Notices { get; } = new();

    public FollowersDouble Followers { get; } = new();

    public bool IsClosed { get; private set; }

    public IReadOnlyList<EngineNotice> Heard => [.. Notices.Heard.OfType<EngineNotice>()];

    public static async Task<MemberNode> Start(string id, RedisEngineOptions options, TimeProvider time)
    {
        var guest = new LibraryGuest();
        var client = new RedisClient(options.Redis, guest, TimeProvider.System, () => 0.5, NullLogger.Instance);
        guest.Client = client;
        await client.Connect(default);
        var node = new MemberNode(client, options with { NodeId = id }, time);
        await node.Members.Begin();
        return node;
    }

    /// <summary>Every partition beats once, as those of a node do: beside one another.</summary>
    public Task Beat() => Task.WhenAll(Enumerable.Range(0, Partitions.Count).Select(partition => Members.Beat(partition).AsTask()));

    public async Task<SessionKey> Open(string user, params RoomName[] rooms)
    {
        var (status, key) = await Members.Open(new SessionOwner(user, user, 1));
        Assert.Equal(EngineStatus.Ok, status);
        foreach (var room in rooms)
            Assert.Equal(EngineStatus.Ok, (await Members.Join(key, room, 100)).Status);
        return key;
    }

    public async Task<SessionKey> Claim(SessionKey session, string user)
    {
        var (status, claimed) = await Members.Claim(session.Id, new SessionOwner(user, user, 2));
        Assert.Equal(EngineStatus.Ok, status);
        return claimed.Key;
    }

    public async ValueTask DisposeAsync()
    {
        await Members.DisposeAsync();
        await Close();
    }

    /// <summary>The process is no more: nothing is said.</summary>
    public async Task Close()
    {
        IsClosed = Calls.IsCutOff = true;
        await _client.DisposeAsync();
        _metrics.Dispose();
    }
}
