// Rates, floods, heartbeat and other bounds of one connection.

using Gateway.Actors.Connections;
using Gateway.Actors.Tests.Rooms;
using Gateway.Protocol;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Connections;

public sealed class LimitTests
{
    [Fact]
    public void Events_above_the_rate_are_refused_with_the_time_to_wait()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        ann.New();
        ann.Send(FanOutTests.Array("a", 25));

        Assert.Equal(20, ann.All("ack").Count);
        var errors = ann.All("error");
        Assert.Equal(5, errors.Count);
        Assert.All(errors, e => Assert.Equal("rate_limited", (string)e["code"]!));
        Assert.InRange((long)errors[0]["retryAfterMs"]!, 1, 100);
        Assert.Equal("a-20", (string)errors[0]["id"]!);
        node.Advance(0.1);
        ann.Send("""{"id":"later","content":"x"}""");
        Assert.Equal(21, ann.All("ack").Count);
    }

    [Fact]
    public void All_connections_of_a_user_share_the_rate_of_events()
    {
        using var node = new TestNode();
        var phone = node.Connect("ann");
        var laptop = node.Connect("ann");
        phone.Send(FanOutTests.Array("p", 15));
        laptop.Send(FanOutTests.Array("l", 15));

        Assert.Equal(20, phone.All("ack").Count + laptop.All("ack").Count);
    }

    [Fact]
    public void The_claim_raises_the_rate()
    {
        using var node = new TestNode();
        var ann = node.Connect(AdmissionTests.User("ann") with { EventsPerSecond = 100 }, []);
        ann.Send(FanOutTests.Array("a", 200));
        Assert.Equal(200, ann.All("ack").Count);
    }

    [Fact]
    public void Commands_have_a_rate_of_their_own()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        for (var i = 0; i < 160; i++)
            ann.Send("""{"type":"ping"}""");
        Assert.Equal(150, ann.All("pong").Count);
        Assert.Equal(10, ann.All("error").Count);
        ann.New();
        ann.Send("no json");
        ann.ExpectError("bad_json");
        ann.Send("""{"id":"c","content":"x"}""");
        Assert.Single(ann.All("ack"));
    }

    [Fact]
    public void Who_goes_on_at_ten_times_the_limit_is_closed_after_5_s()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        for (var i = 0; i < 70 && ann.Sink.Closed is null; i++)
        {
            for (var j = 0; j < 22; j++)
                ann.Send("not json");
            Assert.True(i < 65, "Not closed after 6.5 s.");
            node.Advance(0.1);
            if (i == 45)
                Assert.Null(ann.Sink.Closed);
        }

        Assert.Equal(CloseCode.Flooding, ann.Sink.Closed?.Code);
        ben.Send("""{"id":"c","content":"x"}""");
        Assert.Single(ben.All("ack"));
    }

    [Fact]
    public void Who_is_below_ten_times_the_limit_is_never_closed()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        for (var i = 0; i < 200; i++)
        {
            for (var j = 0; j < 9; j++)
                ann.Send("not json");
            node.Advance(0.1);
        }

        Assert.Null(ann.Sink.Closed);
    }

    [Fact]
    public void A_connection_may_be_in_so_many_rooms()
    {
        using var node = new TestNode(new NodeOptions { RoomsPerConnection = 3 });
        var ann = node.Connect("ann", "a", "b", "c");
        ann.New();
        ann.Send("""{"type":"join","room":"d"}""");
        ann.ExpectError("limit");
        ann.Send("""{"type":"join","room":"a"}""");
        ann.Expect("joined");
        ann.Send("""{"type":"leave","room":"a"}""").New();
        ann.Send("""{"type":"join","room":"d"}""");
        ann.Expect("joined");
    }

    [Fact]
    public void A_silent_peer_is_pinged_and_then_dropped()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        node.AdvanceInSilence(19.9);
        Assert.Equal(0, ann.Sink.Pings);
        node.AdvanceInSilence(0.2);
        Assert.Equal(1, ann.Sink.Pings);
        node.AdvanceInSilence(9.8);
        Assert.Null(ann.Sink.Closed);
        node.AdvanceInSilence(0.3);
        Assert.Equal(CloseCode.HeartbeatTimeout, ann.Sink.Closed?.Code);
    }

    [Fact]
    public void Any_byte_counts_as_life()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        for (var i = 0; i < 20; i++)
        {
            ann.Port.Heard();
            node.AdvanceInSilence(15);
        }

        Assert.Equal(0, ann.Sink.Pings);
        Assert.Null(ann.Sink.Closed);
    }

    [Fact]
    public void A_peer_that_takes_nothing_for_30_s_is_closed_as_too_slow()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Sink.Block();
        ben.Send("""{"content":"x"}""");
        for (var i = 0; i < 29; i++)
            node.Advance(1);
        Assert.Null(ann.Sink.Closed);
        for (var i = 0; i < 22; i++)
            node.Advance(1);
        Assert.Equal(CloseCode.TooSlow, ann.Sink.Closed?.Code);
    }

    [Fact]
    public void The_reader_is_held_back_while_too_many_events_are_on_their_way()
    {
        using var node = new TestNode(
            new NodeOptions { DefaultRoom = RoomName.Parse("lobby"), EventsPerSecond = 1e6, EventBurst = 1_000_000 },
            wrap: engine => new StubbornEngine(engine));
        var ann = node.Connect("ann");
        ann.Send(FanOutTests.Array("a", 999));
        Assert.False(ann.IsHeldBack);
        ann.Send(FanOutTests.Array("b", 2));
        Assert.True(ann.IsHeldBack);
    }

    [Fact]
    public void Who_does_not_read_its_answers_is_not_read_from_but_its_pings_are_answered()
    {
        using var node = new TestNode(new NodeOptions { DefaultRoom = RoomName.Parse("lobby"), OutboxEvents = 20 });
        var ann = node.Connect("ann");
        ann.Sink.Block();
        ann.Send("[" + string.Join(',', Enumerable.Repeat("""{"type":"presence"}""", 100)) + "]");
        Assert.True(ann.IsHeldBack);
        Assert.InRange(ann.Sink.Pending.Events, 20, 40);
        Assert.Null(ann.Sink.Closed);
        for (var i = 0; i < 10; i++)
        {
            ann.Sink.Unblock(20);
            node.Settle();
        }

        ann.Sink.Unblock();
        node.Settle();
        Assert.Equal(100, ann.All("presence").Count);
    }

    [Fact]
    public void A_ping_is_answered_while_the_command_before_it_waits()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        ann.New();
        var taken = ann.Hand("""[{"type":"presence","id":"p"},{"type":"ping","t":1},{"type":"history","id":"h"}]""");
        node.RunActors();
        Assert.Equal(["pong"], ann.New().Select(f => (string)f["type"]!));
        Assert.False(taken.IsCompleted);
        node.Settle();
        Assert.Equal(["presence", "history"], ann.New().Select(f => (string)f["type"]!));
        Assert.True(taken.IsCompleted);
    }

    [Fact]
    public void A_heartbeat_asks_again_in_time_for_a_stuck_peer()
    {
        var time = new VirtualTime();
        var heartbeat = new Heartbeat(new NodeOptions());
        time.Advance(TimeSpan.FromSeconds(25));
        var (action, next) = heartbeat.Check(time.GetTimestamp(), time.GetTimestamp() - TimeSpan.FromSeconds(25).Ticks, time.GetTimestamp(), time);
        Assert.Equal((HeartbeatAction.None, TimeSpan.FromSeconds(5)), (action, next));
    }
}
