// The client against one real redis-server.

using System.Collections.Concurrent;
using Gateway.Redis.Tests.Fakes;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Redis.Tests;

public sealed class SingleServerTests
{
    [SkippableFact]
    public async Task A_command_is_answered_with_what_the_server_holds()
    {
        await using var server = await RedisServer.Start();
        await using var client = await Clients.Connected(server.Endpoint);
        Assert.Equal("OK", await client.Ask("SET", "a", "snö"));
        Assert.Equal("snö", await client.Ask("GET", "a"));
        Assert.False(client.IsCluster);
        Assert.True(Assert.Single(client.Primaries).Owns(16_383));
        Assert.StartsWith("7.", client.Primaries[0].Version, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Answers_come_in_the_order_of_the_commands()
    {
        await using var server = await RedisServer.Start();
        await using var client = await Clients.Connected(server.Endpoint);
        var order = new ConcurrentQueue<string>();
        var command = RedisCommand.Of("INCR", "n");
        var callers = Enumerable.Range(0, 20_000).Select(_ => new Caller("", order)).ToList();
        foreach (var caller in callers)
            client.Send(0, RedisPurpose.Publishes, command, caller);
        await Until.Done("the last is answered", callers[^1].Heard);
        Assert.Equal(Enumerable.Range(1, 20_000).Select(i => $"{i}"), order);
        Assert.All(callers, caller => Assert.Equal(1, caller.Times));
    }

    [SkippableFact]
    public async Task Commands_sent_together_are_not_parted_by_others()
    {
        await using var server = await RedisServer.Start();
        await using var client = await Clients.Connected(server.Endpoint);
        var increment = RedisCommand.Of("INCR", "n");
        var last = new ConcurrentBag<Task<string>>();
        await Parallel.ForAsync(0, 8, async (_, _) =>
        {
            for (var i = 0; i < 500; i++)
            {
                Caller[] callers = [new(), new(), new()];
                client.SendAll(0, RedisPurpose.Publishes, [increment, increment, increment], callers);
                var first = long.Parse(await callers[0].Heard, null);
                Assert.Equal($"{first + 1}", await callers[1].Heard);
                Assert.Equal($"{first + 2}", await callers[2].Heard);
            }
        });
    }

    [SkippableFact]
    public async Task A_command_bears_the_run_id_of_the_process_that_it_is_written_to()
    {
        await using var server = await RedisServer.Start();
        await using var client = await Clients.Connected(server.Endpoint);
        var echo = RedisCommand.Of("ECHO", RedisArgument.RunId);
        var first = (await client.Call(0, echo)).Text;
        Assert.Equal(client.Primaries[0].RunId, first);
        await server.Kill();
        await server.Run();
        await Until.Holds("another process has another run_id", () => client.Primaries[0].RunId != first);
        Assert.Equal(client.Primaries[0].RunId, (await client.Call(0, echo)).Text);
        Assert.NotEqual(first, (await client.Call(0, echo)).Text);
    }

    [SkippableFact]
    public async Task A_message_reaches_whoever_subscribed_until_it_leaves()
    {
        await using var server = await RedisServer.Start();
        await using var client = await Clients.Connected(server.Endpoint);
        var (one, two) = (new Listener(), new Listener());
        var subscription = client.Subscribe(0, "{0}:c:room", one);
        using var other = client.Subscribe(0, "{0}:c:room", two);
        await Until.Holds("both are confirmed", () => one.Count("confirmed") == 1 && two.Count("confirmed") == 1, () => $"{one}; {two}");
        await client.Ask("SPUBLISH", "{0}:c:room", "hello");
        await Until.Holds("both hear it", () => one.Count("hello") == 1 && two.Count("hello") == 1);
        subscription.Dispose();
        await client.Ask("SPUBLISH", "{0}:c:room", "again");
        await Until.Holds("the other hears it", () => two.Count("again") == 1);
        Assert.Equal("confirmed, hello", one.ToString());
    }

    [SkippableFact]
    public async Task A_channel_that_was_left_is_left_at_the_server_too()
    {
        await using var server = await RedisServer.Start();
        await using var client = await Clients.Connected(server.Endpoint);
        for (var round = 0; round < 3; round++)
        {
            var listener = new Listener();
            var subscription = client.Subscribe(0, "room", listener);
            await Until.Holds("it is confirmed", () => listener.Count("confirmed") == 1);
            Assert.Contains("room", server.Ask("PUBSUB SHARDCHANNELS"), StringComparison.Ordinal);
            subscription.Dispose();
            await Until.Holds("the server knows no channel", () => !server.Ask("PUBSUB SHARDCHANNELS").Contains("room", StringComparison.Ordinal));
        }
    }
}
