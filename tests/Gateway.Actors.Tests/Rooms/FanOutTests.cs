// What members of a room get, and in which order.

using System.Text.Json.Nodes;
using Gateway.Actors.Tests.Connections;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Rooms;

public sealed class FanOutTests
{
    [Fact]
    public void Others_get_the_event_and_its_sender_the_ack()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.New();

        ann.Send("""{"type":"message","id":"c-1","content":"hi","n":1.10}""");

        var ack = ann.Expect("ack");
        Assert.Equal(("c-1", 1L, "lobby"), ((string)ack["id"]!, (long)ack["seq"]!, (string)ack["room"]!));
        var message = ben.Expect("message");
        Assert.Equal(("hi", 1L, "ann", "ANN"), ((string)message["content"]!, (long)message["seq"]!, (string)message["senderId"]!, (string)message["senderName"]!));
        Assert.Equal("1.10", message["n"]!.ToJsonString());
    }

    [Fact]
    public void The_senders_other_connections_get_the_event()
    {
        using var node = new TestNode();
        var phone = node.Connect("ann");
        var laptop = node.Connect("ann");
        laptop.New();

        phone.Send("""{"id":"c-1","content":"hi"}""");

        Assert.Equal([(1L, "hi")], laptop.Events());
    }

    [Fact]
    public void Events_that_wait_together_arrive_in_order_with_ones_own_left_out()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.New();

        ann.Send(Array("ann", 5));
        ben.Send(Array("ben", 5));
        ann.Send(Array("more", 5));

        Assert.Equal(Enumerable.Range(0, 5).Select(i => (i + 6L, $"ben-{i}")), ann.Sink.Frames.Where(f => f["content"] is not null).Select(Seen));
        Assert.Equal([1, 2, 3, 4, 5, 11, 12, 13, 14, 15], ben.Sink.Frames.Where(f => f["content"] is not null).Select(f => (int)f["seq"]!));
        Assert.Equal([6, 7, 8, 9, 10], ben.All("ack").Select(a => (int)a["seq"]!));
    }

    [Fact]
    public void An_ack_never_overtakes_an_event_with_a_lower_seq()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            using var node = new TestNode(seed: seed);
            var clients = new[] { node.Connect("ann"), node.Connect("ben"), node.Connect("cai") };
            for (var round = 0; round < 4; round++)
            {
                foreach (var client in clients)
                    client.Send(Array($"r{round}", 3));
            }

            foreach (var client in clients)
            {
                var last = 0L;
                foreach (var frame in client.Sink.Frames.Where(f => f["seq"] is not null && (string)f["type"]! is "message" or "ack"))
                {
                    if ((string)frame["type"]! == "message")
                        Assert.True((long)frame["seq"]! > last, $"Seed {seed}: event {frame["seq"]} came after {last}.");
                    last = Math.Max(last, (long)frame["seq"]!);
                }

                Assert.Equal(36, last);
            }
        }
    }

    [Fact]
    public void An_ephemeral_event_reaches_who_is_there_and_has_no_seq()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.New();

        ann.Send("""{"type":"cursor","id":"c-1","ephemeral":true,"x":3}""");

        Assert.Null(ann.Expect("ack")["seq"]);
        var cursor = ben.Expect("cursor");
        Assert.Null(cursor["seq"]);
        Assert.Equal(3, (int)cursor["x"]!);
        ann.Send("""{"type":"history"}""");
        Assert.Empty(ann.Expect("history")["events"]!.AsArray());
    }

    [Fact]
    public void A_publisher_need_not_be_a_member()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben", "club");
        ben.New();

        ann.Send("""{"room":"club","id":"c-1","content":"hi"}""");

        Assert.Equal(1L, (long)ann.Expect("ack")["seq"]!);
        Assert.Equal([(1L, "hi")], ben.Events());
    }

    [Fact]
    public void The_ack_of_an_event_sent_before_a_join_does_not_go_past_the_replay()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben", "club");
        for (var i = 0; i < 3; i++)
            ben.Send($$"""{"content":"{{i}}"}""");
        var ann = node.Connect("ann");
        ann.New();
        ann.Send("""[{"room":"club","id":"c-1","content":"mine"},{"type":"join","room":"club","since":0}]""");

        var seqs = ann.New().Where(f => (string)f["type"]! is "ack" or "message").Select(f => ((string)f["type"]!, (long)f["seq"]!)).ToList();
        Assert.Equal([("ack", 4L), ("message", 1L), ("message", 2L), ("message", 3L), ("message", 4L)], seqs);
    }

    [Fact]
    public void The_same_id_again_is_answered_with_the_first_position()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Send("""{"id":"c-1","content":"hi"}""");
        ann.New();
        ben.New();

        ann.Send("""{"id":"c-1","content":"again"}""");

        var ack = ann.Expect("ack");
        Assert.Equal((1L, true), ((long)ack["seq"]!, (bool)ack["duplicate"]!));
        ben.ExpectNothing();
    }

    [Fact]
    public void An_ack_of_a_history_that_was_forgotten_meanwhile_is_not_held_back()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        ann.New();
        var taken = ann.Hand("""{"id":"c-1","content":"hi"}""");
        node.RunActors();
        _ = node.Engine.Forget(RoomName.Parse("lobby")).AsTask();
        node.Settle();

        Assert.True(taken.IsCompleted);
        Assert.Equal(["ack", "gap"], ann.New().Select(f => (string)f["type"]!).Order());
    }

    [Fact]
    public void An_idle_room_is_retired_and_comes_back_where_it_was()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann", "club");
        ann.Send("""{"room":"club","id":"c-1","content":"hi"}""");
        var rooms = node.Node.Rooms;
        ann.Send("""{"type":"leave","room":"club"}""");

        node.Advance(29);
        Assert.Equal(rooms, node.Node.Rooms);
        node.Advance(2);
        Assert.Equal(rooms - 1, node.Node.Rooms);

        ann.New();
        ann.Send("""{"type":"join","room":"club","since":0}""");
        Assert.Equal([(1L, "hi")], ann.Events());
    }

    [Fact]
    public void A_join_that_crosses_a_retirement_is_served()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann", "club");
        ann.Send("""{"type":"leave","room":"club"}""");
        for (var i = 0; i < 20; i++)
        {
            node.Advance(29.99);
            ann.New();
            ann.Send("""{"type":"join","room":"club"}""");
            ann.Expect("joined");
            ann.Send("""{"type":"leave","room":"club"}""");
        }
    }

    internal static string Array(string prefix, int count) =>
        new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)new JsonObject { ["id"] = $"{prefix}-{i}", ["content"] = $"{prefix}-{i}" })]).ToJsonString();

    private static (long Seq, string Content) Seen(JsonObject frame) => ((long)frame["seq"]!, (string)frame["content"]!);
}
