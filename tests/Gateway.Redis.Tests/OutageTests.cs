// What the client does while a real redis-server is killed, restarted or stopped in its tracks.

using System.Diagnostics;
using Gateway.Redis.Tests.Fakes;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Redis.Tests;

public sealed class OutageTests
{
    private static readonly RedisCommand Increment = RedisCommand.Of("INCR", "n");

    [SkippableFact]
    public async Task A_restarted_server_is_prepared_again_before_it_is_used()
    {
        await using var server = await RedisServer.Start();
        var guest = new Guest();
        await using var client = Clients.New(new RedisOptions { Seeds = [server.Endpoint] }, guest);
        guest.Preparing = async (primary, _) => Assert.Equal("OK", (await client.CallOn(primary, RedisCommand.Of("SET", "prepared", "yes"))).Text);
        await client.Connect(CancellationToken.None);
        Assert.Equal("prepare, up", Shape(guest));
        await server.Kill();
        await Until.Holds("it is down", () => guest.Downs == 1, guest.ToString);
        await server.Run();
        Assert.Equal("yes", await client.Ask("GET", "prepared"));
        await Until.Holds("it is up", () => guest.Ups == 2, guest.ToString);
        Assert.Equal("prepare, up, down, prepare, up", Shape(guest));
    }

    [SkippableFact]
    public async Task A_publish_without_a_connection_is_refused_at_once_and_a_command_waits_for_it()
    {
        await using var server = await RedisServer.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(server.Endpoint, guest);
        await server.Kill();
        await Until.Holds("it is down", () => guest.Downs == 1);
        var (publish, command) = (new Caller(), new Caller());
        client.Send(0, RedisPurpose.Publishes, Increment, publish);
        client.Send(0, RedisPurpose.Commands, Increment, command);
        Assert.True(publish.Heard.IsCompleted);
        Assert.Equal("NotSent", await publish.Heard);
        Assert.False(command.Heard.IsCompleted);
        await server.Run();
        Assert.Equal("1", await Until.Done("it is answered", command.Heard));
    }

    [SkippableFact]
    public async Task A_command_that_waited_in_vain_was_not_sent()
    {
        await using var server = await RedisServer.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(server.Endpoint, guest);
        await server.Kill();
        await Until.Holds("it is down", () => guest.Downs == 1);
        var watch = Stopwatch.StartNew();
        var command = new Caller();
        client.Send(0, RedisPurpose.Commands, Increment, command);
        Assert.Equal("NotSent", await Until.Done("it fails", command.Heard));
        Assert.InRange(watch.ElapsedMilliseconds, 1400, 2500);
        Assert.Equal(RedisErrorCode.NotSent, (await client.Call(0, Increment)).Error!.Code);
    }

    [SkippableFact]
    public async Task Commands_that_a_killed_server_did_not_answer_are_unknown_and_no_more_were_done()
    {
        await using var server = await RedisServer.Start("--appendonly", "yes", "--appendfsync", "always");
        await using var client = await Clients.Connected(server.Endpoint);
        var callers = new List<Caller>();
        var kill = Task.CompletedTask;
        for (var i = 0; i < 30_000; i++)
        {
            var caller = new Caller();
            callers.Add(caller);
            client.Send(0, RedisPurpose.Publishes, Increment, caller);
            if (i == 10_000)
                kill = server.Kill();
        }

        await kill;
        var heard = await Until.Done("all are told", Task.WhenAll(callers.Select(caller => caller.Heard)));
        var answered = heard.Count(text => text is not ("Unknown" or "NotSent" or "Busy"));
        var unknown = heard.Count(text => text == "Unknown");
        await server.Run();
        // It may have been killed before the first.
        var count = await client.Ask("GET", "n");
        var done = count.Length == 0 ? 0 : long.Parse(count, null);
        Assert.InRange(done, answered, answered + unknown);
        Assert.All(callers, caller => Assert.Equal(1, caller.Times));
    }

    [SkippableFact]
    public async Task A_server_that_stands_still_is_noticed_and_used_again_when_it_goes_on()
    {
        await using var server = await RedisServer.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(server.Endpoint, guest);
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room", listener);
        await Until.Holds("it is confirmed", () => listener.Count("confirmed") == 1);
        server.Pause();
        var paused = DateTimeOffset.UtcNow;
        var publish = new Caller();
        client.Send(0, RedisPurpose.Publishes, Increment, publish);
        Assert.Equal("Unknown", await Until.Done("the publish fails", publish.Heard));
        Assert.InRange((DateTimeOffset.UtcNow - paused).TotalSeconds, 1.3, 2.2);
        await Until.Holds("it is down, and the subscription lost", () => guest.Downs == 1 && listener.Count("lost") == 1, () => $"{guest}; {listener}");
        Assert.InRange((DateTimeOffset.UtcNow - paused).TotalSeconds, 1.3, 3.2);
        Assert.InRange((guest.DownSince!.Value - paused).TotalSeconds, -1.5, 0.5);
        server.Continue();
        await Until.Holds("it is up, and the subscription holds", () => guest.Ups == 2 && listener.Count("confirmed") == 2, () => $"{guest}; {listener}");
        await client.Ask("SPUBLISH", "room", "hello");
        await Until.Holds("messages come", () => listener.Count("hello") == 1);
    }

    [SkippableFact]
    public async Task A_server_that_stands_still_is_noticed_although_nothing_is_sent()
    {
        await using var server = await RedisServer.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(server.Endpoint, guest);
        var watch = Stopwatch.StartNew();
        server.Pause();
        await Until.Holds("it is down", () => guest.Downs == 1);
        Assert.InRange(watch.ElapsedMilliseconds, 1000, 3000);
        server.Continue();
        await Until.Holds("it is up", () => guest.Ups == 2);
    }

    [SkippableFact]
    public async Task A_primary_that_becomes_a_replica_is_left_for_the_new_one()
    {
        await using var old = await RedisServer.Start("--repl-diskless-sync-delay", "0");
        await using var other = await RedisServer.Start("--replicaof", "127.0.0.1", $"{old.Port}");
        await Until.Holds("the replica is connected", () => old.Ask("INFO replication").Contains("state=online", StringComparison.Ordinal), () => old.Ask("INFO replication"), 20);
        var guest = new Guest();
        // The replica is not named: the old primary says whom it follows now.
        await using var client = await Clients.Connected(old.Endpoint, guest);
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room", listener);
        await client.Ask("SET", "a", "1");
        other.Ask("REPLICAOF NO ONE");
        old.Ask($"REPLICAOF 127.0.0.1 {other.Port}");
        var publish = new Caller();
        client.Send(0, RedisPurpose.Publishes, Increment, publish);
        Assert.Contains(await Until.Done("it is told", publish.Heard), new[] { "Unknown", "NotSent", publish.Reply.Text });
        await Until.Holds("the new primary is up", () => client.Primaries.Count == 1 && client.Primaries[0].Endpoint == other.Endpoint && guest.Ups >= 2, guest.ToString);
        Assert.Equal("1", await client.Ask("GET", "a"));
        await Until.Holds("the channel moved along", () => listener.Count("confirmed") >= 2, listener.ToString);
        await client.Ask("SPUBLISH", "room", "hello");
        await Until.Holds("messages come", () => listener.Count("hello") == 1, listener.ToString);
    }

    private static string Shape(Guest guest) => string.Join(", ", guest.Heard.Where(line => line != "topology").Select(line => line.Split(' ')[0]));
}
