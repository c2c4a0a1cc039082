// Several nodes' membership on one real Redis, in virtual time: beats and operations happen when a test says so. What was told of a room is read from
// its presence log, which is written in the same step as the push.

using System.Diagnostics;
using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

internal sealed class MemberLab : IAsyncDisposable
{
    public const int GraceMs = 12_000;
    public const int ResumeMs = 120_000;

    private readonly List<MemberNode> _nodes = [];
    private readonly List<MemberNode> _beating = [];
    private readonly RedisEngineOptions _options;

    private MemberLab(MemberRedis redis) => _options = new RedisEngineOptions
    {
        Redis = new RedisOptions { Seeds = [redis.Endpoint] },
        GraceMs = GraceMs,
        ResumeMs = ResumeMs,
        Clock = () => (Time.GetUtcNow() + Skew).ToUnixTimeMilliseconds(),
    };

    public static RoomName Lobby { get; } = RoomName.Parse("lobby");

    public static RoomName Other { get; } = RoomName.Parse("other");

    public EngineTime Time { get; } = new();

    /// <summary>By which Redis's clock is off.</summary>
    public TimeSpan Skew { get; set; }

    public MemberNode A => _nodes[0];

    public MemberNode B => _nodes[1];

    public MemberNode C => _nodes[2];

    public static async Task<MemberLab> Begin(MemberRedis redis, int nodes)
    {
        redis.Require();
        var lab = new MemberLab(redis);
        for (var i = 0; i < nodes; i++)
            await lab.StartNode(isFirst: i == 0);
        return lab;
    }

    public static Task Until(string reason, Func<bool> condition) => Until(reason, () => Task.FromResult(condition()));

    public static async Task Until(string reason, Func<Task<bool>> condition)
    {
        for (var watch = Stopwatch.StartNew(); !await condition();)
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(10))
                Assert.Fail($"Not within 10 s: {reason}.");
            await Task.Delay(5);
        }
    }

    public async Task<MemberNode> StartNode(bool isFirst = false)
    {
        if (isFirst)
            await Flush();
        var node = await MemberNode.Start($"n{_nodes.Count}", _options, Time);
        _nodes.Add(node);
        _beating.Add(node);
        return node;
    }

    /// <summary>The node is killed: it says nothing and beats no more.</summary>
    public async Task Kill(MemberNode node)
    {
        _beating.Remove(node);
        await node.Close();
    }

    /// <summary>The node lives, but nothing of it reaches Redis, nor is it beating until it is back.</summary>
    public void CutOff(MemberNode node)
    {
        node.Calls.IsCutOff = true;
        _beating.Remove(node);
    }

    public void Rejoin(MemberNode node)
    {
        node.Calls.IsCutOff = false;
        _beating.Add(node);
    }

    public async Task Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Beat();
        }
    }

    public async Task Beat()
    {
        foreach (var node in _beating.ToArray())
            await node.Beat();
    }

    public async Task Flush()
    {
        var link = _nodes.Count > 0 ? _nodes[0].Link : null;
        if (link is not null)
        {
            Assert.False((await link.Client.Call(0, RedisCommand.Of("FLUSHALL"))).IsError);
            return;
        }

        var guest = new LibraryGuest();
        await using var client = new RedisClient(_options.Redis, guest, TimeProvider.System, () => 0.5, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        guest.Client = client;
        await client.Connect(default);
        Assert.False((await client.Call(0, RedisCommand.Of("FLUSHALL"))).IsError);
    }

    public Task<RedisReply> Ask(string key, string command, params string[] arguments) =>
        Living.Link.Client.Call(RedisSlot.Of(System.Text.Encoding.UTF8.GetBytes(key)), RedisCommand.Of(command, [key, .. arguments.Select(argument => (RedisArgument)argument)])).AsTask();

    /// <summary>What was told of the room: "+ann 1", "-ann 0 T", "=ann 1"; versions are checked to rise by one.</summary>
    public async Task<IReadOnlyList<string>> Told(RoomName room)
    {
        var log = await Ask(Living.Link.Room(room).PresenceLog, "XRANGE", "-", "+");
        var told = new List<string>();
        var version = 0L;
        foreach (var entry in log.Items)
        {
            var parts = entry[1][1].Text.Split(' ', 7);
            var at = long.Parse(parts[0], null);
            Assert.True(version == 0 || at == version + 1, $"version {at} after {version}");
            version = at;
            told.Add(parts[1] == "-" ? $"-{parts[5]} {parts[3]} {parts[2]}" : $"{parts[1]}{parts[5]} {parts[3]}");
        }

        return told;
    }

    /// <summary>"ann:1 bob:0": who is present with how many devices.</summary>
    public async Task<string> Present(RoomName room)
    {
        var (status, who) = await Living.Members.Who(room, 1_000);
        Assert.Equal(EngineStatus.Ok, status);
        return string.Join(' ', who.Users!.OrderBy(user => user.UserId, StringComparer.Ordinal).Select(user => $"{user.UserId}:{user.Devices}"));
    }

    /// <summary>Nothing is left of anybody: no entry of a dead owner, no timer, no record.</summary>
    public async Task<IReadOnlyList<string>> Leftovers()
    {
        var left = new List<string>();
        foreach (var partition in Living.Link.Partitions)
        {
            left.AddRange((await Ask(partition.Own, "ZRANGE", "0", "-1")).Items.ToArray().Select(item => "own " + item.Text.Replace('\0', '|')));
            left.AddRange((await Ask(partition.Grace, "ZRANGE", "0", "-1")).Items.ToArray().Select(item => "grace " + item.Text.Replace('\0', '|')));
        }

        return left;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            if (!node.IsClosed)
                await node.DisposeAsync();
        }
    }

    private MemberNode Living => _beating[0];
}
