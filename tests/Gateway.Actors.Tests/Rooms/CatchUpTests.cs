// Replay after a join, and members that fall behind: nothing lost, nothing twice, nobody else waits.

using Gateway.Actors.Connections;
using Gateway.Actors.Policy;
using Gateway.Actors.Tests.Connections;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Rooms;

public sealed class CatchUpTests
{
    private static readonly NodeOptions SmallOutbox = new()
    {
        DefaultRoom = RoomName.Parse("lobby"),
        OutboxEvents = 20,
        EventsPerSecond = 10_000,
        EventBurst = 10_000,
    };

    [Fact]
    public void A_join_replays_what_the_namespace_says()
    {
        using var node = new TestNode(Fast());
        var ann = node.Connect("ann");
        ann.Send(FanOutTests.Array("a", 60));
        var ben = node.Connect("ben");

        var joined = ben.All("joined")[0];
        Assert.Equal((60L, false), ((long)joined["seq"]!, joined.ContainsKey("recovered")));
        Assert.Equal(Enumerable.Range(11, 50).Select(i => (long)i), ben.All("message").Select(m => (long)m["seq"]!));
        Assert.All(ben.All("message"), m => Assert.True((bool)m["replay"]!));
    }

    [Fact]
    public void A_join_by_history_is_whole_however_large_it_is()
    {
        using var node = new TestNode(Fast());
        var ann = node.Connect("ann");
        var pad = new string('x', 12_000);
        for (var i = 0; i < 400; i++)
            ann.Send($$"""{"content":"{{pad}}"}""");
        var ben = node.Connect("ben", "club");
        ben.Send("""{"type":"join","room":"lobby","history":300}""");

        Assert.Equal(Enumerable.Range(101, 300).Select(i => (long)i), ben.All("message").Select(m => (long)m["seq"]!));
        Assert.Empty(ben.All("gap"));
    }

    [Fact]
    public void A_replay_that_a_full_outbox_held_up_is_still_marked_as_one()
    {
        using var node = new TestNode(SmallOutbox);
        var ann = node.Connect("ann");
        for (var i = 0; i < 6; i++)
            ann.Send(FanOutTests.Array($"a{i}", 10));
        var ben = node.Connect("ben", "club");
        ben.Sink.Block();
        ben.Send("""{"type":"join","room":"lobby","since":0}""");
        for (var i = 0; i < 200; i++)
        {
            ben.Sink.Unblock(1);
            node.Settle();
        }

        Assert.Equal(60, ben.All("message").Count);
        Assert.All(ben.All("message"), m => Assert.True((bool?)m["replay"] == true, m.ToJsonString()));
    }

    [Fact]
    public void A_position_is_taken_up_without_a_gap()
    {
        using var node = new TestNode(Fast());
        var ann = node.Connect("ann");
        ann.Send(FanOutTests.Array("a", 10));
        var ben = node.Connect("ben", "club");
        ben.New();

        ben.Send("""{"type":"join","room":"lobby","since":7,"id":"j"}""");

        var frames = ben.New();
        Assert.Equal("joined", (string)frames[0]["type"]!);
        Assert.Equal(("j", true), ((string)frames[0]["id"]!, (bool)frames[0]["recovered"]!));
        Assert.Equal([8L, 9L, 10L], frames.Skip(1).Select(f => (long)f["seq"]!));
        ann.Send("""{"content":"live"}""");
        var live = ben.Expect("message");
        Assert.False(live.ContainsKey("replay"));
    }

    [Fact]
    public void A_position_above_the_top_or_of_an_unknown_epoch_is_a_reset()
    {
        using var node = new TestNode(Fast());
        var ann = node.Connect("ann");
        ann.Send(FanOutTests.Array("a", 3));
        ann.New();

        ann.Send("""{"type":"join","since":9}""");
        var frames = ann.New();
        Assert.Equal(["joined", "gap", "message", "message", "message"], frames.Select(f => (string)f["type"]!));
        Assert.Equal((false, "reset"), ((bool)frames[0]["recovered"]!, (string)frames[1]["reason"]!));

        ann.Send("""{"type":"join","since":1,"epoch":"nobody-knows"}""");
        Assert.Equal("reset", (string)ann.Expect("gap")["reason"]!);
    }

    [Fact]
    public void Without_the_right_history_a_join_replays_nothing()
    {
        using var node = new TestNode(Fast());
        var ann = node.Connect("ann");
        ann.Send(FanOutTests.Array("a", 3));
        var hears = new Identity
        {
            UserId = "ben",
            Name = "Ben",
            Grants = RoomGrants.Create([new("lobby", Rights.Join)]),
        };
        var ben = node.Connect(hears, []);

        Assert.Empty(ben.All("message"));
        var joined = ben.All("joined")[0];
        Assert.False(joined.ContainsKey("users"));
        Assert.Equal(2, (int)joined["count"]!);
        ben.New();
        ben.Send("""{"type":"history"}""");
        ben.ExpectError("forbidden");
    }

    [Fact]
    public void A_member_that_stops_reading_loses_nothing_and_delays_nobody()
    {
        using var node = new TestNode(SmallOutbox);
        var ann = node.Connect("ann");
        var slow = node.Connect("slow");
        var quick = node.Connect("quick");
        slow.Sink.Block();
        for (var i = 0; i < 30; i++)
            ann.Send(FanOutTests.Array($"r{i}", 10));

        Assert.Equal(300, quick.All("message").Count);
        Assert.True(slow.Sink.Pending.Events <= 20 + 2, $"{slow.Sink.Pending.Events} events wait for one client.");

        for (var i = 0; i < 2_000 && slow.All("message").Count < 300; i++)
        {
            slow.Sink.Unblock(1);
            node.Settle();
        }

        slow.Sink.Unblock();
        node.Settle();
        Assert.Single(slow.All("lagging"));
        Assert.Equal(Enumerable.Range(1, 300).Select(i => (long)i), slow.All("message").Select(m => (long)m["seq"]!));
        ann.Send("""{"content":"live"}""");
        var last = slow.All("message")[^1];
        Assert.Equal((301L, false), ((long)last["seq"]!, last.ContainsKey("replay")));
    }

    [Fact]
    public void A_member_that_lags_while_it_publishes_gets_its_acks_in_their_places()
    {
        using var node = new TestNode(SmallOutbox);
        var ann = node.Connect("ann");
        var slow = node.Connect("slow");
        slow.Sink.Block();
        for (var i = 0; i < 10; i++)
        {
            ann.Send(FanOutTests.Array($"a{i}", 10));
            slow.Send($$"""{"id":"own-{{i}}","content":"own"}""");
        }

        for (var i = 0; i < 1_000 && slow.All("ack").Count < 10; i++)
        {
            slow.Sink.Unblock(1);
            node.Settle();
        }

        slow.Sink.Unblock();
        node.Settle();
        var seen = slow.Sink.Frames.Where(f => (string)f["type"]! is "message" or "ack").Select(f => ((string)f["type"]!, (long)f["seq"]!)).ToList();
        Assert.Equal(Enumerable.Range(1, 110).Select(i => (i % 11 == 0 ? "ack" : "message", (long)i)), seen);
    }

    [Fact]
    public void Past_the_history_a_lagging_member_is_told_what_is_missing()
    {
        var tiny = NamespacePolicy.Chat with { HistorySize = 10 };
        using var node = new TestNode(SmallOutbox with { Namespaces = new Namespaces([tiny, NamespacePolicy.User]) });
        var ann = node.Connect("ann");
        var slow = node.Connect("slow");
        slow.Sink.Block();
        for (var i = 0; i < 60; i++)
            ann.Send(FanOutTests.Array($"a{i}", 10));

        for (var i = 0; i < 1_000 && slow.All("message").Count == 0 | (long?)slow.All("message").LastOrDefault()?["seq"] < 600; i++)
        {
            slow.Sink.Unblock(1);
            node.Settle();
        }

        var gap = Assert.Single(slow.All("gap"));
        Assert.Equal("trimmed", (string)gap["reason"]!);
        var seqs = slow.All("message").Select(m => (long)m["seq"]!).ToList();
        var before = seqs.TakeWhile(seq => seq < (long)gap["from"]!).ToList();
        var after = seqs.Skip(before.Count).ToList();
        Assert.Equal((long)gap["from"]!, before[^1] + 1);
        Assert.Equal((long)gap["to"]! + 1, after[0]);
        Assert.Equal(Enumerable.Range(0, after.Count).Select(i => after[0] + i), after);
        Assert.Equal(600, after[^1]);
    }

    [Fact]
    public void Presence_that_was_missed_comes_as_a_whole_at_the_end()
    {
        using var node = new TestNode(SmallOutbox);
        var ann = node.Connect("ann");
        var slow = node.Connect("slow");
        slow.Sink.Block();
        for (var i = 0; i < 10; i++)
            ann.Send(FanOutTests.Array($"a{i}", 10));
        node.Connect("ben");

        for (var i = 0; i < 1_000 && slow.All("presence").Count == 0; i++)
        {
            slow.Sink.Unblock(1);
            node.Settle();
        }

        Assert.DoesNotContain(slow.All("user_joined"), u => (string)u["userId"]! == "ben");
        var presence = Assert.Single(slow.All("presence"));
        Assert.Equal(["ann", "ben", "slow"], presence["users"]!.AsArray().Select(u => (string)u!["userId"]!).Order());
    }

    [Fact]
    public void Replays_of_random_clients_are_whole_whatever_happens_meanwhile()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new Random(seed);
            using var node = new TestNode(SmallOutbox, seed);
            var ann = node.Connect("ann");
            var readers = Enumerable.Range(0, 5).Select(i => node.Connect($"r{i}")).ToList();
            for (var step = 0; step < 60; step++)
            {
                var reader = readers[random.Next(readers.Count)];
                switch (random.Next(4))
                {
                    case 0: reader.Sink.Block(); break;
                    case 1: reader.Sink.Unblock(random.Next(1, 30)); break;
                    case 2: reader.Sink.Unblock(); break;
                    default: ann.Send(FanOutTests.Array($"s{step}", random.Next(1, 25))); break;
                }

                node.Settle();
            }

            foreach (var reader in readers)
                reader.Sink.Unblock();
            node.Settle();
            ann.Send("""{"content":"end"}""");
            var total = (long)readers[0].All("message")[^1]["seq"]!;
            foreach (var reader in readers)
                Assert.True(Enumerable.Range(1, (int)total).Select(i => (long)i).SequenceEqual(reader.All("message").Select(m => (long)m["seq"]!)), $"Seed {seed}.");
        }
    }

    private static NodeOptions Fast() => new() { DefaultRoom = RoomName.Parse("lobby"), EventsPerSecond = 10_000, EventBurst = 10_000 };
}
