// Many callers on many threads while connections break at random: everyone hears exactly once, and nobody hears another's answer.

using System.Collections.Concurrent;
using Gateway.Redis.Tests.Fakes;

namespace Gateway.Redis.Tests;

public sealed class ChaosTests
{
    private const int Seed = 7;

    [Theory]
    [InlineData(RedisPurpose.Publishes)]
    [InlineData(RedisPurpose.Commands)]
    public async Task Everyone_hears_once_and_of_the_own_command(RedisPurpose purpose)
    {
        await using var server = new FakeRedis();
        var options = new RedisOptions { Seeds = [server.Endpoint], CommandTimeoutMs = 2000, ReconnectMinMs = 1, ReconnectMaxMs = 5 };
        await using var client = await Clients.Connected(options);
        var random = new Random(Seed);
        server.Answer = (connection, command) =>
        {
            if (command[0] != "ECHO" || random.Next(400) != 0)
                return null;
            if (random.Next(2) == 0)
                connection.Write($"${command[1].Length}\r\n{command[1][..1]}");
            connection.Close();
            return "";
        };
        var callers = new ConcurrentBag<(string Sent, Caller Caller)>();
        await Parallel.ForAsync(0, 8, async (thread, _) =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var sent = $"{thread}.{i}";
                var caller = new Caller();
                callers.Add((sent, caller));
                client.Send(0, purpose, RedisCommand.Of("ECHO", sent), caller);
                // A publish without a connection is refused at once: the next goes when there may be one again.
                if (i % 20 == 0 && await caller.Heard.WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None) != sent)
                    await Until.Holds("there is a connection again", () => IsTaken(client, purpose));
            }
        });
        foreach (var (sent, caller) in callers)
        {
            var heard = await Until.Done($"{sent} is told", caller.Heard);
            Assert.Contains(heard, new[] { sent, "Unknown", "NotSent" });
        }

        Assert.All(callers, entry => Assert.Equal(1, entry.Caller.Times));
        Assert.True(server.Connections > 8, "connections broke");
        Assert.Contains(callers, entry => entry.Caller.Heard.Result == entry.Sent);
        Assert.Contains(callers, entry => entry.Caller.Heard.Result == "Unknown");
    }

    private static bool IsTaken(RedisClient client, RedisPurpose purpose)
    {
        var caller = new Caller();
        client.Send(0, purpose, RedisCommand.Of("TIME"), caller);
        return !caller.Heard.IsCompleted;
    }

    [Fact]
    public async Task Subscriptions_come_and_go_while_connections_break_and_the_last_ones_hold()
    {
        await using var server = new FakeRedis();
        var options = new RedisOptions { Seeds = [server.Endpoint], CommandTimeoutMs = 2000, ReconnectMinMs = 1, ReconnectMaxMs = 5 };
        await using var client = await Clients.Connected(options);
        var random = new Random(Seed);
        var isBreaking = true;
        server.Answer = (connection, command) =>
        {
            if (!Volatile.Read(ref isBreaking) || command[0] is not ("SSUBSCRIBE" or "SUNSUBSCRIBE") || random.Next(60) != 0)
                return null;
            connection.Close();
            return "";
        };
        var last = new ConcurrentDictionary<string, Listener>();
        await Parallel.ForAsync(0, 4, async (thread, _) =>
        {
            for (var i = 0; i < 300; i++)
            {
                var channel = $"{thread}.{i % 10}";
                var listener = new Listener();
                var subscription = client.Subscribe(0, channel, listener);
                if (i % 7 == 0)
                    await Task.Yield();
                if (i < 290)
                    subscription.Dispose();
                else
                    last[channel] = listener;
            }
        });
        Volatile.Write(ref isBreaking, false);
        await Until.Holds("every channel that was kept holds", () => last.Values.All(listener => listener.Heard.LastOrDefault() == "confirmed"));
        var subscriber = server.Open.Where(connection => connection.IsSubscribed).MaxBy(connection => connection.Number)!;
        subscriber.Write(string.Concat(last.Keys.Select(channel => FakeRedis.Push("smessage", channel, "hello"))));
        await Until.Holds("each hears its message once", () => last.Values.All(listener => listener.Count("hello") == 1));
        foreach (var listener in last.Values)
            Assert.Matches("^confirmed(, lost, confirmed)*, hello$", listener.ToString());
    }
}
