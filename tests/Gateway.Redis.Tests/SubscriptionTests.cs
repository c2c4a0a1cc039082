// Shard channels of a peer that moves slots, drops connections and refuses.

using Gateway.Redis.Tests.Fakes;

namespace Gateway.Redis.Tests;

public sealed class SubscriptionTests
{
    private static RedisOptions Quick(FakeRedis server) => new() { Seeds = [server.Endpoint], CommandTimeoutMs = 400, ConnectTimeoutMs = 500 };

    private static FakeConnection Subscriber(FakeRedis server) => server.Open.Single(connection => connection.IsSubscribed);

    private static string Message(string channel, string payload) => FakeRedis.Push("smessage", channel, payload);

    [Fact]
    public async Task An_unasked_for_sunsubscribe_loses_the_channel_and_it_is_asked_for_again()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        var (listener, other) = (new Listener(), new Listener());
        using var subscription = client.Subscribe(0, "room", listener);
        using var neighbour = client.Subscribe(0, "hall", other);
        await Until.Holds("both hold", () => listener.Count("confirmed") == 1 && other.Count("confirmed") == 1);
        Subscriber(server).Write(FakeRedis.Push("sunsubscribe", "room", "1"));
        await Until.Holds("it holds again", () => listener.Count("confirmed") == 2, listener.ToString);
        Subscriber(server).Write(Message("room", "hello") + Message("hall", "hello") + Message("nowhere", "hello"));
        await Until.Holds("messages come", () => listener.Count("hello") == 1 && other.Count("hello") == 1);
        Assert.Equal("confirmed, lost, confirmed, hello", listener.ToString());
        Assert.Equal("confirmed, hello", other.ToString());
    }

    [Fact]
    public async Task A_lost_connection_loses_every_channel_and_each_is_asked_for_again()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        var listeners = Enumerable.Range(0, 200).Select(_ => new Listener()).ToList();
        var subscriptions = listeners.Select((listener, i) => client.Subscribe(0, $"room{i}", listener)).ToList();
        await Until.Holds("all hold", () => listeners.All(listener => listener.Count("confirmed") == 1));
        Subscriber(server).Close();
        await Until.Holds("all hold again", () => listeners.All(listener => listener.Count("confirmed") == 2));
        Assert.All(listeners, listener => Assert.Equal("confirmed, lost, confirmed", listener.ToString()));
        subscriptions.ForEach(subscription => subscription.Dispose());
        await Until.Holds("all are left", () => server.Received.Count(line => line.Contains("SUNSUBSCRIBE", StringComparison.Ordinal)) == 200);
    }

    [Theory]
    [InlineData("-CLUSTERDOWN The cluster is down\r\n")]
    [InlineData("-TRYAGAIN later\r\n")]
    [InlineData("-NOPERM this user has no permissions to access one of the channels\r\n")]
    public async Task A_refused_channel_is_asked_for_again_and_its_neighbours_hold(string error)
    {
        await using var server = new FakeRedis();
        var left = 2;
        server.Answer = (_, command) => command is ["SSUBSCRIBE", "room"] && Interlocked.Decrement(ref left) >= 0 ? error : null;
        await using var client = await Clients.Connected(Quick(server));
        var (listener, other) = (new Listener(), new Listener());
        using var subscription = client.Subscribe(0, "room", listener);
        using var neighbour = client.Subscribe(0, "hall", other);
        await Until.Holds("the neighbour holds", () => other.Count("confirmed") == 1);
        await Until.Holds("it holds at last", () => listener.Count("confirmed") == 1);
        Assert.Equal("confirmed", listener.ToString());
        Assert.Equal("confirmed", other.ToString());
    }

    [Fact]
    public async Task A_channel_left_and_taken_again_at_once_belongs_to_the_second()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        for (var round = 0; round < 50; round++)
        {
            var (first, second) = (new Listener(), new Listener());
            var one = client.Subscribe(0, "room", first);
            one.Dispose();
            using var two = client.Subscribe(0, "room", second);
            await Until.Holds("the second holds", () => second.Count("confirmed") == 1);
            Subscriber(server).Write(Message("room", "hello"));
            await Until.Holds("the second hears it", () => second.Count("hello") == 1);
            Assert.Equal("confirmed, hello", second.ToString());
            Assert.DoesNotContain("hello", first.Heard);
        }
    }

    [Fact]
    public async Task A_message_before_the_confirmation_is_nobodys()
    {
        await using var server = new FakeRedis();
        server.Answer = (_, command) => command[0] == "SSUBSCRIBE" ? Message("room", "early") + FakeRedis.Push("ssubscribe", "room", "1") + Message("room", "hello") : null;
        await using var client = await Clients.Connected(Quick(server));
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room", listener);
        await Until.Holds("messages come", () => listener.Count("hello") == 1);
        Assert.Equal("confirmed, hello", listener.ToString());
    }

    [Fact]
    public async Task A_silent_connection_is_asked_for_a_sign_of_life_and_dropped_without_one()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room", listener);
        await Until.Holds("it holds", () => listener.Count("confirmed") == 1);
        var silent = Subscriber(server);
        server.Answer = (connection, command) => ReferenceEquals(connection, silent) && command[0] == "PING" ? "" : null;
        await Until.Holds("it is lost and holds again", () => listener.Count("confirmed") == 2, listener.ToString, 5);
        Assert.NotSame(silent, Subscriber(server));
    }

    [Fact]
    public async Task An_unanswered_ssubscribe_drops_the_connection_and_is_tried_again()
    {
        await using var server = new FakeRedis();
        var left = 1;
        server.Answer = (_, command) => command[0] == "SSUBSCRIBE" && Interlocked.Decrement(ref left) >= 0 ? "" : null;
        await using var client = await Clients.Connected(Quick(server));
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room", listener);
        await Until.Holds("it holds", () => listener.Count("confirmed") == 1);
    }

    [Fact]
    public async Task More_channels_than_may_be_under_way_all_hold_in_the_end()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server) with { MaxInFlight = 50, CommandTimeoutMs = 3000 });
        var listeners = Enumerable.Range(0, 400).Select(_ => new Listener()).ToList();
        var subscriptions = listeners.Select((listener, i) => client.Subscribe(0, $"room{i}", listener)).ToList();
        await Until.Holds("all hold", () => listeners.All(listener => listener.Count("confirmed") == 1));
        subscriptions.ForEach(subscription => subscription.Dispose());
    }

    [Fact]
    public async Task A_listener_that_throws_harms_no_other()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        var listener = new Listener();
        using var bad = client.Subscribe(0, "room", new ThrowingListener());
        using var good = client.Subscribe(0, "room", listener);
        await Until.Holds("it holds", () => listener.Count("confirmed") == 1);
        Subscriber(server).Write(Message("room", "hello"));
        await Until.Holds("messages come", () => listener.Count("hello") == 1);
    }

    private sealed class ThrowingListener : IRedisSubscriber
    {
        public void Confirmed() => throw new InvalidOperationException("thrown by a listener");

        public void Lost() => throw new InvalidOperationException("thrown by a listener");

        public void Message(ReadOnlyMemory<byte> payload) => throw new InvalidOperationException("thrown by a listener");
    }
}
