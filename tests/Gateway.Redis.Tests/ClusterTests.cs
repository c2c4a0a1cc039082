// The client against a real Cluster: who owns what, and slots that move while commands run.

using System.Text;
using Gateway.Redis.Tests.Fakes;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Redis.Tests;

public sealed class ClusterTests
{
    private static int SlotOf(string key) => RedisSlot.Of(Encoding.UTF8.GetBytes(key));

    [SkippableFact]
    public async Task Every_primary_is_known_by_one_seed_and_prepared()
    {
        await using var cluster = await RedisCluster.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(cluster.Servers[1].Endpoint, guest);
        Assert.True(client.IsCluster);
        Assert.Equal(cluster.Servers.Select(server => server.Port).Order(), client.Primaries.Select(primary => primary.Endpoint.Port).Order());
        Assert.Equal(3, guest.Prepared);
        foreach (var key in Enumerable.Range(0, 200).Select(i => $"key{i}"))
        {
            var reply = await client.Call(SlotOf(key), RedisCommand.Of("SET", key, "1"));
            Assert.Equal("OK", reply.Text);
            Assert.Single(client.Primaries, primary => primary.Owns(SlotOf(key)));
        }
    }

    [SkippableFact]
    public async Task A_redirect_comes_back_to_whoever_sent_and_is_taken_in_when_it_says_so()
    {
        await using var cluster = await RedisCluster.Start();
        await using var client = await Clients.Connected(cluster.Servers[0].Endpoint);
        // The key's own slot is the third server's; the command is sent to the first's.
        var slot = SlotOf("foo");
        Assert.Equal(12_182, slot);
        var command = RedisCommand.Of("SET", "foo", "1");
        var caller = new Caller();
        client.Send(0, RedisPurpose.Commands, command, caller);
        await Until.Done("it is answered", caller.Heard);
        var error = caller.Reply.Error!;
        Assert.Equal((RedisErrorCode.Moved, slot, cluster.Servers[2].Endpoint), (error.Code, error.Slot, error.Endpoint));
        client.Redirected(error);
        var again = new Caller();
        client.Send(slot, RedisPurpose.Commands, command, again);
        Assert.Equal("OK", await Until.Done("it is answered", again.Heard));
    }

    [SkippableFact]
    public async Task Calls_go_on_while_their_slot_moves_and_none_is_done_twice()
    {
        await using var cluster = await RedisCluster.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(cluster.Servers[0].Endpoint, guest);
        var slot = SlotOf("n");
        var from = cluster.Servers.Single(server => client.Primaries.Single(primary => primary.Owns(slot)).Endpoint == server.Endpoint);
        var to = cluster.Servers.First(server => server != from);
        var listener = new Listener();
        using var subscription = client.Subscribe(slot, "{n}room", listener);
        await Until.Holds("it is confirmed", () => listener.Count("confirmed") == 1);
        using var stop = new CancellationTokenSource();
        var done = 0L;
        var increment = RedisCommand.Of("INCR", "n");
        var traffic = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var reply = await client.Call(slot, increment);
                Assert.Equal(++done, reply.Integer);
            }
        });
        await Until.Holds("some are done", () => Volatile.Read(ref done) > 500);
        RedisCluster.BeginMove(slot, from, to);
        var before = Volatile.Read(ref done);
        await Until.Holds("some more are done", () => Volatile.Read(ref done) > before + 100);
        RedisCluster.MoveKey("n", from, to);
        before = Volatile.Read(ref done);
        await Until.Holds("some more are done by ASK", () => Volatile.Read(ref done) > before + 100);
        cluster.EndMove(slot, from, to);
        await Until.Holds("the slot is known to have moved", () => client.Primaries.Single(primary => primary.Endpoint == to.Endpoint).Owns(slot));
        before = Volatile.Read(ref done);
        await Until.Holds("some more are done at the new owner", () => Volatile.Read(ref done) > before + 500);
        await stop.CancelAsync();
        await Until.Done("the traffic ends", traffic.ContinueWith(task => task.Exception?.ToString() ?? "", TaskScheduler.Default));
        Assert.Null(traffic.Exception);
        Assert.Contains("topology", guest.Heard);

        await Until.Holds("the channel followed its slot", () => listener.Count("confirmed") == 2, listener.ToString);
        await client.Call(slot, RedisCommand.Of("SPUBLISH", "{n}room", "hello"));
        await Until.Holds("messages come", () => listener.Count("hello") == 1, listener.ToString);
        Assert.Equal("confirmed, lost, confirmed, hello", listener.ToString());
    }

    [SkippableFact]
    public async Task A_killed_primary_is_down_alone_and_comes_back()
    {
        await using var cluster = await RedisCluster.Start();
        var guest = new Guest();
        await using var client = await Clients.Connected(cluster.Servers[0].Endpoint, guest);
        await cluster.Servers[2].Kill();
        await Until.Holds("it is down", () => guest.Downs == 1, guest.ToString);
        Assert.Equal(1, guest.Downs);
        await cluster.Servers[2].Run();
        await Until.Holds("it is up again", () => guest.Ups == 4, guest.ToString);
        var slot = SlotOf("foo");
        await Until.Holds("the cluster serves again", () => cluster.Servers[2].Ask("CLUSTER INFO").Contains("cluster_state:ok", StringComparison.Ordinal));
        Assert.Equal("OK", (await client.Call(slot, RedisCommand.Of("SET", "foo", "1"))).Text);
    }
}
