// Publishing to a real Redis: positions, ids, restarts, kills, losses, signals.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Redis.Tests;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Actors.Tests.Engine.Redis.Publishing;

public sealed class PublishingTests
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Small = RoomName.Parse("small:x");

    [SkippableFact]
    public async Task Events_are_numbered_acked_in_order_and_heard_on_every_node()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint);
        await using var two = await EventsNode.Start(server.Endpoint);
        var probes = new[] { await one.Listen(Lobby), await two.Listen(Lobby) };
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 600).Select(i => (i % 2 == 0 ? one : two).Say(Lobby, $"c-{i}").Outcome));
        Assert.Equal(Enumerable.Range(1, 600).Select(seq => (long)seq), outcomes.Select(outcome => outcome.Seq).Order());
        Assert.Equal(outcomes.Where((_, i) => i % 2 == 0).Select(outcome => outcome.Seq).Order(), outcomes.Where((_, i) => i % 2 == 0).Select(outcome => outcome.Seq));
        foreach (var probe in probes)
        {
            await Until.Holds("all are heard", () => probe.Seqs.Count == 600);
            Assert.Equal(Enumerable.Range(1, 600).Select(seq => (long)seq), probe.Seqs);
        }

        Assert.Equal(probes[0].Events.Select(stored => stored.Id), probes[1].Events.Select(stored => stored.Id));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Ids_are_remembered_exactly_as_the_embedded_engine_does(int seed)
    {
        const int Limit = 50;
        var random = new Random(seed);
        var now = 1_000_000_000_000L;
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint, options => options with { IdsPerRoom = Limit, Clock = () => now });
        var window = new IdWindow(300_000, Limit, 1);
        var (top, duplicates) = (0L, 0);
        for (var i = 0; i < 3_000; i++)
        {
            now += random.Next(100) == 0 ? random.Next(310_000) : random.Next(12_000);
            var (user, id) = ($"user{random.Next(2)}", $"c-{random.Next(60)}");
            var hash = PublicationId.HashOf(user, id);
            var known = window.TryFind(hash, now, out var first);
            if (!known)
                first = window.Add(hash, ++top, now);
            window.Purge(now);
            duplicates += known ? 1 : 0;
            var outcome = await node.Say(Lobby, id, user).Outcome;
            Assert.Equal((i, known, first.Seq, first.At), (i, outcome.Duplicate, outcome.Seq, outcome.TimestampMs));
        }

        Assert.InRange(duplicates, 300, 2_700);
    }

    [SkippableFact]
    public async Task What_is_kept_is_bounded_by_count_and_by_age()
    {
        var now = 1_000_000_000_000L;
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint, options => options with { Clock = () => now });
        await node.SayMany(Small, 1_000);
        var kept = server.Ask($"XLEN {node.Link.Room(Small).Events}");
        Assert.InRange(int.Parse(kept[1..].Trim(), System.Globalization.CultureInfo.InvariantCulture), 20, 220);
        now += 3_601_000;
        Assert.Empty((await node.Last(Small, 10)).Events);
        await node.SayMany(Small, 200);
        var page = await node.Since(Small, 1_010, null);
        Assert.Equal((Continuity.Trimmed, 1_200L), (page.Continuity, page.Events[^1].Seq));
        Assert.True(page.Events[0].Seq > 1_000);
        Assert.True((await node.Events.Describe(Small)).Summary.First > 1_000);
    }

    [SkippableFact]
    public async Task Forgetting_comes_in_order_with_what_is_published()
    {
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint);
        var probe = await node.Listen(Lobby);
        var first = node.SayMany(Lobby, 3);
        var forget = node.Events.Forget(Lobby).AsTask();
        var second = node.SayMany(Lobby, 2);
        await Task.WhenAll(first, forget, second);
        await Until.Holds("all are heard", () => probe.Seqs.Count == 5);
        Assert.Equal([1L, 2L, 3L, 1L, 2L], probe.Seqs);
        Assert.Equal([1L, 2L], (await node.Last(Lobby, 10)).Seqs());
        Assert.Equal(Continuity.Reset, (await node.Since(Lobby, 0, first.Result.Epoch)).Continuity);
    }

    [SkippableFact]
    public async Task What_is_not_stored_is_heard_in_order_on_every_node()
    {
        await using var server = await RedisServer.Start();
        await using var one = await EventsNode.Start(server.Endpoint);
        await using var two = await EventsNode.Start(server.Endpoint);
        var probe = await two.Listen(Lobby);
        var signal = new TypingSignal("ann", "Ann", true, false, default);
        one.Events.Signal(Lobby, signal);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => one.Say(Lobby, $"e-{i}", ephemeral: true).Outcome));
        Assert.All(outcomes, outcome => Assert.Equal(PublishStatus.Relayed, outcome.Status));
        await Until.Holds("all are heard", () => probe.Heard.Count == 51);
        Assert.Equal(signal, probe.Heard[0]);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"e-{i}"), probe.Heard.OfType<EventRelayed>().Select(relayed => relayed.Event.Id));
        Assert.Equal(0, (await one.Last(Lobby, 10)).Position.Top);
    }

    [SkippableFact]
    public async Task A_redis_that_restarts_under_load_loses_and_doubles_nothing_that_was_acked()
    {
        await using var server = await RedisServer.Start("--appendonly", "yes", "--appendfsync", "always");
        await using var node = await EventsNode.Start(server.Endpoint);
        var probe = await node.Listen(Lobby);
        using var stop = new CancellationTokenSource();
        var talking = Enumerable.Range(0, 8).Select(user => Talk(node, user, stop.Token)).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var before = probe.Seqs.Count;
            await Until.Holds("it goes on", () => probe.Seqs.Count > before + 300);
            await server.Kill();
            await server.Run();
        }

        var last = probe.Seqs.Count;
        await Until.Holds("it goes on", () => probe.Seqs.Count > last + 300);
        await stop.CancelAsync();
        var acked = (await Task.WhenAll(talking)).SelectMany(outcomes => outcomes).ToList();
        var top = (await node.Last(Lobby, 1)).Position.Top;
        await Until.Holds("all are heard", () => probe.Seqs.Count == top);
        Assert.Equal(Enumerable.Range(1, (int)top).Select(seq => (long)seq), probe.Seqs);
        Assert.Equal(top, probe.Events.Select(stored => stored.Id).Distinct().Count());
        Assert.All(acked, ack => Assert.Equal(ack.Id, probe.Events[(int)ack.Seq - 1].Id));
        Assert.True(acked.Count >= 1_200);
        Assert.Equal(3, probe.Heard.OfType<RoomRolled>().Count(rolled => rolled.Cut > 0));
    }

    [SkippableFact]
    public async Task A_redis_that_lost_everything_resets_who_listens()
    {
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint);
        var probe = await node.Listen(Lobby);
        await node.SayMany(Lobby, 5);
        await Until.Holds("what was there is told", () => probe.Seqs.Count == 5);
        await server.Kill();
        await server.Run();
        var again = await node.Say(Lobby, "c-1").Outcome;
        Assert.Equal((PublishStatus.Stored, 1L), (again.Status, again.Seq));
        await Until.Holds("it is told", () => probe.Seqs.Count == 6);
        Assert.Contains(GapReason.Reset, probe.Heard.OfType<RoomRolled>().Select(rolled => rolled.Reason));
        Assert.Equal([1L, 2L, 3L, 4L, 5L, 1L], probe.Seqs);
    }

    [SkippableFact]
    public async Task While_redis_is_away_a_publication_is_degraded_or_unknown_after_its_time()
    {
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint, options => options with { DeadlineMs = 700 });
        await node.Say(Lobby).Outcome;
        server.Pause();
        var written = node.Say(Lobby, "c-1");
        Assert.Equal(PublishStatus.Unknown, (await Until.Done("it is over", written.Outcome)).Status);
        server.Continue();
        await server.Kill();
        Assert.Equal(PublishStatus.Degraded, (await Until.Done("it is over", node.Say(Lobby, "c-2").Outcome)).Status);
        node.IsHealthy = false;
        var refused = node.Say(Lobby, "c-3");
        Assert.Equal(PublishStatus.Degraded, refused.Outcome.Result.Status);
        Assert.Equal(EngineStatus.Degraded, (await node.Events.Subscribe(RoomName.Parse("other"), new NoticeProbe())).Status);
        Assert.Equal(EngineStatus.Degraded, (await node.Last(Lobby, 1)).Status);
    }

    [SkippableFact]
    public async Task Past_the_bound_a_publication_is_busy_and_none_is_left_when_the_node_ends()
    {
        await using var server = await RedisServer.Start();
        var node = await EventsNode.Start(server.Endpoint, options => options with { QueueCapacity = 100 });
        server.Pause();
        var publications = Enumerable.Range(0, 150).Select(i => node.Say(Lobby, $"c-{i}")).ToList();
        Assert.Equal(50, publications.Count(publication => publication.Completions == 1));
        Assert.All(publications.Skip(100), publication => Assert.Equal(PublishStatus.Busy, publication.Outcome.Result.Status));
        server.Continue();
        await node.DisposeAsync();
        Assert.All(publications.Take(100), publication => Assert.Equal(PublishStatus.Stored, publication.Outcome.Result.Status));
        Assert.Equal(PublishStatus.Degraded, (await node.Say(Lobby).Outcome).Status);
        Assert.All(publications, publication => Assert.Equal(1, publication.Completions));
    }

    [SkippableFact]
    public async Task A_replicated_event_is_acked_once_a_replica_has_it()
    {
        await using var server = await RedisServer.Start();
        await using var node = await EventsNode.Start(server.Endpoint, options => options with { Ack = Gateway.Actors.Engine.Redis.RedisAck.Replicated, DeadlineMs = 4_000 });
        var alone = node.Say(Lobby, "c-1");
        Assert.Equal(PublishStatus.Unknown, (await Until.Done("it is over", alone.Outcome)).Status);
        await using var replica = await RedisServer.Start("--replicaof", "127.0.0.1", $"{server.Port}");
        await Until.Holds("it replicates", () => server.Ask("INFO replication").Contains("state=online", StringComparison.Ordinal));
        Assert.Equal((PublishStatus.Stored, 1L, true), await Position(node.Say(Lobby, "c-1")));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => node.Say(Lobby, $"d-{i}").Outcome));
        Assert.Equal(Enumerable.Range(2, 500).Select(seq => (long)seq), outcomes.Select(outcome => outcome.Seq));
        Assert.Contains(":501", server.Ask($"XLEN {node.Link.Room(Lobby).Events}"), StringComparison.Ordinal);
    }

    private static async Task<(PublishStatus Status, long Seq, bool Duplicate)> Position(TestPublication publication)
    {
        var outcome = await publication.Outcome;
        return (outcome.Status, outcome.Seq, outcome.Duplicate);
    }

    private static async Task<List<(string Id, long Seq)>> Talk(EventsNode node, int user, CancellationToken stop)
    {
        var acked = new List<(string Id, long Seq)>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var outcome = await node.Say(Lobby, $"{user}-{i}", $"user{user}").Outcome;
            if (outcome.Status == PublishStatus.Stored)
                acked.Add(($"{user}-{i}", outcome.Seq));
        }

        return acked;
    }
}
