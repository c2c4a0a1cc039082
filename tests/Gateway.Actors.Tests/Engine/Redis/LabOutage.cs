// Several nodes on one Redis that goes away, stands still, or comes back empty; and nodes that die. In real time.

using System.Diagnostics;
using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Redis.Tests;

namespace Gateway.Actors.Tests.Engine.Redis;

[Collection(SingleStoreCollection.Name)]
public sealed class LabOutage(SingleStore store)
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    [SkippableFact]
    public async Task A_redis_that_is_killed_and_comes_back_costs_nothing_that_was_acked_and_nobody_is_seen_to_leave()
    {
        store.Empty();
        await using var one = await LabNode.Start(store, "one");
        await using var two = await LabNode.Start(store, "two");
        await one.Engine.Enter("ann", Lobby);
        await two.Engine.Enter("bob", Lobby);
        var (first, second) = (await one.Engine.Listen(Lobby), await two.Engine.Listen(Lobby));
        using var enough = new CancellationTokenSource();
        var acked = new List<(string Id, PublishOutcome Outcome)>();
        var talking = Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
                acked.Add(($"c-{i}", await (i % 2 == 0 ? one : two).Insist(Lobby, $"c-{i}")));
        });

        await Until.Holds("some are stored", () => first.Seqs.Count > 20);
        await store.Kill();
        await Until.Holds("both nodes say so", () => one.IsLost && two.IsLost);
        await Task.Delay(3_000);
        await store.Run();
        var watch = Stopwatch.StartNew();
        await Until.Holds("both nodes are back", () => !one.IsLost && !two.IsLost, () => one.Log.Text);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"It took {watch.Elapsed}.");
        var before = first.Seqs.Count;
        await Until.Holds("more are stored", () => first.Seqs.Count > before + 20);
        await enough.CancelAsync();
        await talking;

        // The history keeps the newest; the listeners heard all.
        var page = await one.Engine.Since(Lobby, 0, null, limit: 5_000);
        Assert.Equal(acked.Skip((int)page.Events[0].Seq - 1).Select(one => (one.Id, one.Outcome.Seq)), page.Events.Select(stored => (stored.Id, stored.Seq)));
        await Until.Holds("all is told", () => first.Seqs.Count == acked.Count && second.Seqs.Count == acked.Count);
        Assert.All([first, second], probe => Assert.Equal(acked.Select(one => (one.Id, one.Outcome.Seq)), probe.Events.Select(stored => (stored.Id, stored.Seq))));
        Assert.All([first, second], probe => Assert.Empty(probe.Presence));
        Assert.All([first, second], probe => Assert.All(probe.Heard.OfType<RoomRolled>(), rolled => Assert.Equal(GapReason.RolledBack, rolled.Reason)));
        Assert.Equal([("ann", 1), ("bob", 1)], await Present(one));
    }

    [SkippableFact]
    public async Task A_redis_that_stands_still_for_longer_than_a_lease_is_lost_and_nobody_is_seen_to_leave()
    {
        store.Empty();
        await using var one = await LabNode.Start(store, "one", graceMs: 2_000);
        await using var two = await LabNode.Start(store, "two", graceMs: 2_000);
        var key = await one.Engine.Enter("ann", Lobby);
        var probe = await two.Engine.Listen(Lobby);
        store.Servers[0].Pause();
        try
        {
            await Until.Holds("both nodes say so", () => one.IsLost && two.IsLost);
            Assert.Equal(PublishStatus.Degraded, (await Eventually(() => one.Engine.Say(Lobby, "c-1"), outcome => outcome.Status == PublishStatus.Degraded)).Status);
            await Task.Delay(6_000);
        }
        finally
        {
            store.Servers[0].Continue();
        }

        await Until.Holds("both nodes are back", () => !one.IsLost && !two.IsLost, () => one.Log.Text);
        Assert.Equal(PublishStatus.Stored, (await one.Insist(Lobby, "c-1")).Status);
        await Task.Delay(4_000);
        Assert.Empty(probe.Presence);
        Assert.Equal(EngineStatus.Ok, (await one.Engine.Join(key, RoomName.Parse("other"), 10)).Status);
        Assert.Equal([("ann", 1)], await Present(two));
    }

    [SkippableFact]
    public async Task Where_everything_was_lost_rooms_are_reset_and_the_nodes_bring_their_sessions_back_unseen()
    {
        store.Empty();
        await using var one = await LabNode.Start(store, "one");
        await using var two = await LabNode.Start(store, "two");
        var key = await one.Engine.Enter("ann", Lobby);
        await two.Engine.Enter("bob", Lobby);
        await one.Engine.SayMany(Lobby, 5);
        var probe = await two.Engine.Listen(Lobby);
        await store.Kill();
        Directory.Delete(Path.Combine(store.Servers[0].Folder, "appendonlydir"), recursive: true);
        await store.Run();

        await Until.Holds("the room is reset", () => probe.Heard.OfType<RoomRolled>().Any(rolled => rolled.Reason == GapReason.Reset), () => two.Log.Text);
        await Until.Holds("both nodes are back", () => !one.IsLost && !two.IsLost);
        Assert.Equal(1, (await one.Insist(Lobby, "c-1")).Seq);
        IReadOnlyList<(string, int)> present = [];
        await Until.Holds("both users are there", () => (present = Present(one).GetAwaiter().GetResult()).Count == 2, () => string.Join(' ', present));
        Assert.Equal([("ann", 1), ("bob", 1)], present);
        Assert.Empty(probe.Presence);
        var (status, session) = await two.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 9));
        Assert.Equal((EngineStatus.Ok, Lobby), (status, Assert.Single(session.Rooms)));
    }

    [SkippableFact]
    public async Task Of_a_node_that_died_users_leave_once_unless_they_come_back_on_another()
    {
        store.Empty();
        await using var dying = await LabNode.Start(store, "dying", graceMs: 2_000);
        await using var two = await LabNode.Start(store, "two", graceMs: 2_000);
        await using var three = await LabNode.Start(store, "three", graceMs: 2_000);
        await dying.Engine.Enter("ann", Lobby);
        var quick = await dying.Engine.Enter("bob", Lobby);
        var probes = new[] { await two.Engine.Listen(Lobby), await three.Engine.Listen(Lobby) };
        await dying.Die();
        var watch = Stopwatch.StartNew();
        var (status, session) = await two.Engine.Claim(quick.Id, new SessionOwner("bob", "Bob", 5));
        Assert.Equal((EngineStatus.Ok, Lobby), (status, Assert.Single(session.Rooms)));
        await Until.Holds("ann has left", () => probes.All(probe => probe.Presence.Count > 0), seconds: 20);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(12));
        await Task.Delay(3_000);
        Assert.All(probes, probe => Assert.Equal(["-ann 1 Timeout"], probe.Presence));
        Assert.Equal([("bob", 1)], await Present(three));
    }

    [SkippableFact]
    public async Task A_session_that_is_resumed_on_another_node_is_the_former_ones_no_more()
    {
        store.Empty();
        await using var one = await LabNode.Start(store, "one");
        await using var two = await LabNode.Start(store, "two");
        var old = await one.Engine.Enter("ann", Lobby);
        var probe = await one.Engine.Listen(Lobby);
        var (_, session) = await two.Engine.Claim(old.Id, new SessionOwner("ann", "Ann", 7));
        await Until.Holds("the former owner hears of it", () => one.Notices.Heard.Contains(new SessionTaken("ann", old.Id, session.Key.Fence)));
        Assert.Equal(EngineStatus.Stale, await one.Engine.Detach(old));
        Assert.Equal(EngineStatus.Stale, (await one.Engine.Join(old, RoomName.Parse("other"), 10)).Status);
        Assert.Equal([("ann", 1)], await Present(one));
        Assert.Empty(probe.Presence);
    }

    [SkippableFact]
    public async Task A_node_that_ends_in_order_leaves_its_sessions_to_be_resumed()
    {
        store.Empty();
        var one = await LabNode.Start(store, "one");
        await using var two = await LabNode.Start(store, "two");
        var key = await one.Engine.Enter("ann", Lobby);
        var probe = await two.Engine.Listen(Lobby);
        one.Engine.Report(new Gateway.Actors.Engine.NodeLoad(1, 1, 0, 0, true));
        await Until.Holds("both nodes are listed", () => Names(two) == "one two" || Names(two) == "one");
        await one.DisposeAsync();
        Assert.Equal([("ann", 0)], await Present(two));
        Assert.DoesNotContain("one", Names(two), StringComparison.Ordinal);
        var (status, _) = await two.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 7));
        Assert.Equal(EngineStatus.Ok, status);
        Assert.Equal([("ann", 1)], await Present(two));
        Assert.Empty(probe.Presence);
    }

    private static string Names(LabNode node) => string.Join(' ', node.Engine.Nodes().AsTask().GetAwaiter().GetResult().Nodes.Select(one => one.NodeId));

    private static async Task<IReadOnlyList<(string UserId, int Devices)>> Present(LabNode node)
    {
        var (_, who) = await node.Engine.Who(Lobby, 100);
        return [.. (who?.Users ?? []).Select(user => (user.UserId, user.Devices)).Order()];
    }

    private static async Task<T> Eventually<T>(Func<Task<T>> ask, Func<T, bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (holds(answer) || watch.Elapsed > TimeSpan.FromSeconds(15))
                return answer;
        }
    }
}
