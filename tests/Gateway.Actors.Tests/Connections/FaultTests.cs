// Faults of ours, injected: what they cost, and whom they don't.

using Gateway.Actors.Engine;
using Gateway.Actors.Tests.Rooms;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Connections;

public sealed class FaultTests
{
    [Fact]
    public void A_bug_in_one_connection_costs_that_connection_a_1011_and_nothing_more()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        var cai = node.Connect("cai");
        ann.Sink.Bug = new InvalidOperationException("injected");
        ann.Send("""{"type":"ping"}""");

        Assert.Equal(CloseCode.InternalError, ann.Sink.Closed?.Code);
        Assert.Equal(2, node.Node.Connections.All);
        cai.New();
        ben.Send("""{"id":"c","content":"on we go"}""");
        Assert.Equal("on we go", (string)cai.Expect("message")["content"]!);
        node.Advance(13);
        Assert.Equal("ann", (string)cai.Expect("user_left")["userId"]!);
        Assert.False(ann.Send("""{"type":"ping"}""").IsOpen);
    }

    [Fact]
    public void A_room_that_fails_is_taken_up_again_where_its_members_were()
    {
        StubbornEngine engine = null!;
        using var node = new TestNode(wrap: inner => engine = new StubbornEngine(inner) { OwesPublications = false });
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Send(FanOutTests.Array("before", 3));
        ben.New();
        var lobby = RoomName.Parse("lobby");
        var broken = engine.Listeners[lobby];
        broken.Notify(new EventsStored("e", [new RoomEvent
        {
            Room = lobby, Type = "message", Id = "x", SenderId = "s", SenderName = "s", Fields = Array.Empty<byte>(), Seq = 99,
        }]));
        node.Settle();

        Assert.NotSame(broken, engine.Listeners[lobby]);
        ann.Send(FanOutTests.Array("after", 3));
        Assert.Equal([4L, 5L, 6L], ben.Events().Select(e => e.Seq));
        Assert.Null(ben.Sink.Closed);
        Assert.Equal(6, ann.All("ack").Count);
        node.Advance(60);
        Assert.Empty(ben.All("user_left"));
    }

    [Fact]
    public void A_drain_tells_everyone_to_reconnect_spread_over_the_window_and_then_closes()
    {
        using var node = new TestNode();
        var clients = Enumerable.Range(0, 10).Select(i => node.Connect($"u{i}")).ToList();
        var drained = node.Node.Drain();
        node.Settle();

        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => i * 1_000L), clients.Select(c => (long)c.All("reconnect").Single()["afterMs"]!).Order());
        Assert.Null(node.Node.Open(new Gateway.Actors.Connections.ConnectionRequest { Sink = clients[0].Sink, Dialect = TestNode.Dialect }));
        clients[9].Send("""{"id":"c","content":"still served"}""");
        Assert.Single(clients[9].All("ack"));
        for (var i = 0; i < 11; i++)
        {
            Assert.False(drained.IsCompleted);
            node.Advance(1);
        }

        node.Advance(0.1);
        Assert.True(drained.IsCompleted);
        Assert.All(clients, c => Assert.Equal(CloseCode.Restarting, c.Sink.Closed?.Code));
    }

    [Fact]
    public void A_client_whose_session_was_resumed_on_another_node_counts_as_gone_while_draining()
    {
        using var node = new TestNode();
        var clients = new[] { node.Connect("ann"), node.Connect("ben"), node.Connect("cai") };
        var drained = node.Node.Drain();
        node.Settle();
        foreach (var (client, user) in clients.Zip(["ann", "ben", "cai"]))
        {
            Assert.False(drained.IsCompleted);
            // What another node does: the engine tells this one.
            _ = node.Engine.Claim(client.Session, new SessionOwner(user, user, 4711)).AsTask();
            node.Settle();
            Assert.Equal(CloseCode.ResumedElsewhere, client.Sink.Closed?.Code);
        }

        node.Settle();
        Assert.True(drained.IsCompleted);
        Assert.All(clients, client => Assert.Empty(client.All("user_left")));
    }
}
