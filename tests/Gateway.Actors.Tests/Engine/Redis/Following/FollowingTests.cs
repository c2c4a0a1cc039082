// Following rooms of a real Redis while pushes are lost, connections break and a failover takes the tail.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;
using Gateway.Redis.Tests;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Actors.Tests.Engine.Redis.Following;

public sealed class FollowingTests
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Small = RoomName.Parse("small:x");

    [SkippableFact]
    public async Task Subscriptions_that_are_killed_again_and_again_leave_no_hole()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint);
        await using var two = await EventsNode.Start(server.Endpoint);
        var probe = await two.Listen(Lobby);
        for (var round = 0; round < 10; round++)
        {
            var talking = one.SayMany(Lobby, 300);
            server.Ask("CLIENT KILL TYPE pubsub");
            await talking;
            await Until.Holds("all are heard", () => probe.Seqs.Count == 300 * (round + 1), () => $"{probe.Seqs.Count}");
        }

        Assert.Equal(Enumerable.Range(1, 3_000).Select(seq => (long)seq), probe.Seqs);
    }

    [SkippableFact]
    public async Task A_change_that_no_push_told_is_read_after_the_beat_named_it()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint);
        await using var two = await EventsNode.Start(server.Endpoint);
        var probe = await two.Listen(Lobby);
        var partition = two.Link.Of(Lobby);
        await one.SayMany(Lobby, 2);
        await Until.Holds("both are heard", () => probe.Seqs.Count == 2);

        // Written past the push: as if that had been lost.
        var keys = two.Link.Room(Lobby);
        await Lose(one, keys);
        Assert.Equal(2, probe.Seqs.Count);
        two.Events.Followers.OnHot(partition.Number, [new HotRoom("lobby", 3), new HotRoom("other", 9)]);
        await Until.Holds("it is read", () => probe.Seqs.Count == 3);
        two.Events.Followers.OnHot(partition.Number, [new HotRoom("lobby", 3)]);
        await one.SayMany(Lobby, 1);
        await Until.Holds("it goes on", () => probe.Seqs.Count == 4);
        Assert.Equal([1L, 2L, 3L, 4L], probe.Seqs);
    }

    [SkippableFact]
    public async Task All_rooms_of_a_partition_are_read_when_its_generation_changed()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint);
        await using var two = await EventsNode.Start(server.Endpoint);
        var probe = await two.Listen(Lobby);
        var partition = two.Link.Of(Lobby).Number;
        Assert.True(two.Events.Followers.HasRooms(partition));
        await one.SayMany(Lobby, 1);
        await Lose(one, two.Link.Room(Lobby));
        Assert.True(await two.Events.Followers.ResyncAll(partition));
        Assert.Equal(2, probe.Seqs.Count);
        two.Events.Unsubscribe(Lobby, probe);
        Assert.False(two.Events.Followers.HasRooms(partition));
        Assert.True(await two.Events.Followers.ResyncAll(partition));
    }

    [SkippableFact]
    public async Task A_replaced_listener_hears_exactly_what_came_before_its_successors_position()
    {
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint);
        var talking = Task.Run(() => node.SayMany(Lobby, 2_000));
        var listeners = new List<(NoticeProbe Probe, long Top)>();
        for (var i = 0; i < 20; i++)
        {
            var probe = new NoticeProbe();
            var (status, position) = await node.Events.Subscribe(Lobby, probe);
            Assert.Equal(EngineStatus.Ok, status);
            listeners.Add((probe, position.Top));
        }

        await talking;
        await Until.Holds("all is heard", () => listeners[^1].Top + listeners[^1].Probe.Seqs.Count == 2_000);
        for (var i = 0; i < 20; i++)
        {
            var end = i < 19 ? listeners[i + 1].Top : 2_000;
            Assert.Equal(Enumerable.Range(1, (int)end).Select(seq => (long)seq).Skip((int)listeners[i].Top), listeners[i].Probe.Seqs);
        }

        node.Events.Unsubscribe(Lobby, listeners[0].Probe);
        await node.SayMany(Lobby, 1);
        await Until.Holds("it is still heard", () => listeners[19].Probe.Seqs.Contains(2_001));
    }

    [SkippableFact]
    public async Task Rooms_come_and_go_without_leaving_anything_behind()
    {
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint);
        for (var round = 0; round < 30; round++)
        {
            var probe = await node.Listen(Lobby);
            var told = node.Say(Lobby).Outcome;
            await Until.Holds("it is heard", () => probe.Seqs.Count == 1);
            await told;
            node.Events.Unsubscribe(Lobby, probe);
        }

        await Until.Holds("no channel is left", () => server.Ask("PUBSUB SHARDCHANNELS").StartsWith("*0", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_failover_that_lost_the_tail_rolls_it_back()
    {
        await using var primary = await RedisServer.Start();
        await using var replica = await RedisServer.Start("--replicaof", "127.0.0.1", $"{primary.Port}");
        await Until.Holds("it replicates", () => primary.Ask("INFO replication").Contains("state=online", StringComparison.Ordinal));
        await using var node = await EventsNode.Start(
            primary.Endpoint, options => options with { Redis = options.Redis with { Seeds = [primary.Endpoint, replica.Endpoint] } });
        var probe = await node.Listen(Lobby);
        await node.SayMany(Lobby, 5);
        await Until.Holds("the replica has them", () => replica.Ask($"XLEN {node.Link.Room(Lobby).Events}").StartsWith(":5", StringComparison.Ordinal));
        // What is on its way to the replica would reach it yet, so the way is cut.
        replica.Pause();
        primary.Ask("CLIENT KILL TYPE replica");
        var lost = await node.SayMany(Lobby, 3);
        await Until.Holds("all are heard", () => probe.Seqs.Count == 8);
        await primary.Kill();
        replica.Continue();
        replica.Ask("REPLICAOF NO ONE");
        var again = await node.Say(Lobby, "c-1").Outcome;
        Assert.Equal((PublishStatus.Stored, 6L), (again.Status, again.Seq));
        await Until.Holds("it is told", () => probe.Seqs.Count == 9, () => string.Join(",", probe.Heard));
        var rolled = Assert.Single(probe.Heard.OfType<RoomRolled>(), notice => notice.Reason == GapReason.RolledBack && notice.Cut > 0);
        Assert.Equal(new RoomRolled(new RoomPosition(again.Epoch!, 5), GapReason.RolledBack, 5), rolled);
        var page = await node.Since(Lobby, 8, lost.Epoch);
        Assert.Equal((Continuity.RolledBack, 6L, 8L), (page.Continuity, page.GapFrom, page.GapTo));
        Assert.Equal(Continuity.Proven, (await node.Since(Lobby, 4, lost.Epoch)).Continuity);
    }

    [SkippableFact]
    public async Task What_was_trimmed_while_the_node_was_cut_off_is_passed_over()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint);
        await using var two = await EventsNode.Start(server.Endpoint);
        var probe = await two.Listen(Small);
        await one.SayMany(Small, 2);
        await Until.Holds("both are heard", () => probe.Seqs.Count == 2);
        // The node sees nothing of all this.
        server.Ask($"RENAME {one.Link.Room(Small).Events} {{{Partitions.TagOf(one.Link.Of(Small).Number)}}}aside");
        for (var i = 0; i < 10; i++)
            await Lose(one, one.Link.Room(Small));
        server.Ask($"XTRIM {one.Link.Room(Small).Events} MINID 9");
        Assert.True(await two.Events.Followers.ResyncAll(two.Link.Of(Small).Number));
        Assert.Equal([1L, 2L, 9L, 10L, 11L, 12L], probe.Seqs);
        Assert.Equal(new RoomRolled(new RoomPosition(probe.Events[^1].Epoch!, 8), GapReason.Trimmed, 8), probe.Heard.OfType<RoomRolled>().Last());
    }

    [SkippableFact]
    public async Task Cursors_are_told_where_they_moved_and_read_where_the_push_was_lost()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint, options => options with { MaxCursorsPerRoom = 2 });
        await using var two = await EventsNode.Start(server.Endpoint);
        await one.SayMany(Lobby, 5);
        var probe = await two.Listen(Lobby);
        foreach (var seq in new long[] { 3, 2, 3, 9 })
            Assert.Equal(EngineStatus.Ok, await one.Events.MoveCursor(Lobby, "ann", ReceiptStatus.Read, seq));
        Assert.Equal(EngineStatus.Ok, await one.Events.MoveCursor(Lobby, "ann", ReceiptStatus.Delivered, 4));
        Assert.Equal(EngineStatus.Busy, await one.Events.MoveCursor(Lobby, "bob", ReceiptStatus.Read, 1));
        CursorMoved[] moved = [new("ann", ReceiptStatus.Read, 3), new("ann", ReceiptStatus.Read, 5), new("ann", ReceiptStatus.Delivered, 4)];
        await Until.Holds("all are told", () => probe.Heard.Count == 3);
        Assert.Equal(moved, probe.Heard);
        Assert.True(await two.Events.Followers.ResyncAll(two.Link.Of(Lobby).Number));
        Assert.Equal(moved, probe.Heard);
        Assert.Equal(
            [new ReceiptCursor("ann", ReceiptStatus.Delivered, 4), new ReceiptCursor("ann", ReceiptStatus.Read, 5)], (await two.Events.Cursors(Lobby)).Cursors);
    }

    /// <summary>Publishes on a channel that nobody hears.</summary>
    private static async Task Lose(EventsNode node, RoomKeys keys)
    {
        var partition = keys.Partition;
        var unheard = TestPublication.To(keys.Room);
        var reply = await node.Link.Call(
            partition, "gw1_publish", [partition.Inc, partition.Hot, partition.Rooms, keys.Meta, keys.Events, keys.Ids, keys.FormerIds],
            keys.Room.Value, keys.Channel + "-unheard", "", EventCodec.Encode(unheard.Event), 1_000, 604_800_000, 300_000, 100_000);
        Assert.False(reply.IsError, reply.ToString());
    }
}
