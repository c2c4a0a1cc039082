// Answers that come late and messages that cross: what a client may rely on all the same.

using System.Text.Json.Nodes;
using Gateway.Actors.Engine;
using Gateway.Actors.Tests.Rooms;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Connections;

public sealed class RaceTests : IDisposable
{
    private readonly List<TestNode> _nodes = [];

    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Club = RoomName.Parse("club");

    private static NodeOptions Small() => new()
    {
        DefaultRoom = Lobby,
        OutboxEvents = 20,
        EventsPerSecond = 10_000,
        EventBurst = 10_000,
        CommandBurst = 10_000,
    };

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    private (TestNode Node, StubbornEngine Engine) Make(NodeOptions? options = null)
    {
        StubbornEngine engine = null!;
        var node = new TestNode(options ?? Small(), wrap: inner => engine = new StubbornEngine(inner) { OwesPublications = false });
        _nodes.Add(node);
        return (node, engine);
    }

    private static void Release(TestNode node, TaskCompletionSource gate)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        gate.SetResult();
        SynchronizationContext.SetSynchronizationContext(context);
        node.Settle();
    }

    private static string Text(IEnumerable<JsonObject> frames) => string.Join('\n', frames.Select(f => f.ToJsonString()));

    [Fact]
    public void Nothing_is_told_of_a_room_before_joined_and_nothing_twice()
    {
        var (node, engine) = Make();
        node.Connect("ann");
        var gate = engine.ReadGate = new TaskCompletionSource();
        var ben = node.Connect("ben");
        engine.ReadGate = null;
        node.Connect("cai").Send("""{"type":"typing"}""");
        Release(node, gate);
        Assert.Equal(["welcome", "joined", "user_joined"], ben.New().Select(f => (string)f["type"]!));
    }

    [Fact]
    public void A_repeated_event_of_a_slow_client_is_acked_in_its_place_and_its_own_events_stay_away()
    {
        var (node, _) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Sink.Block();
        for (var k = 0; k < 3; k++) ben.Send(FanOutTests.Array($"b{k}", 10));
        ann.Send("""{"id":"x","content":"mine"}""");
        ann.Send("""{"id":"x","content":"mine"}""");
        ann.Send("""{"content":"no id"}""");
        ann.Sink.Unblock(5);
        ann.Sink.Unblock();
        node.Settle();
        var seqs = ann.New().Where(f => (string)f["type"]! is "ack" or "message").Select(f => (long)f["seq"]!).ToList();
        Assert.Equal([.. Enumerable.Range(1, 31).Select(i => (long)i), 31L], seqs);
    }

    [Fact]
    public void An_ack_that_waits_is_not_lost_with_the_membership()
    {
        var (node, _) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Sink.Block();
        for (var k = 0; k < 3; k++) ben.Send(FanOutTests.Array($"b{k}", 10));
        ann.Send("""{"id":"x","content":"mine"}""");
        ann.Send("""{"type":"leave"}""");
        ann.Sink.Unblock();
        node.Settle();
        Assert.Single(ann.All("ack"));
    }

    [Fact]
    public void Who_missed_a_presence_change_gets_the_list_when_it_reads_again()
    {
        var (node, _) = Make();
        var ann = node.Connect("ann", "lobby", "club");
        var ben = node.Connect("ben", "club");
        ann.Sink.Block();
        ben.Send("""{"content":"1"}""");
        for (var i = 0; i < 25; i++) ben.Send("""{"content":"1"}""");
        ann.New();
        node.Connect("cai", "lobby");
        ann.Sink.Unblock();
        node.Settle();
        node.Advance(30);
        Assert.Contains(ann.New(), f => (string)f["room"]! == "lobby" && (string)f["type"]! is "presence" or "user_joined");
    }

    [Fact]
    public void A_history_that_is_forgotten_during_a_join_does_not_cost_the_join()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        ann.Send(FanOutTests.Array("a", 10));
        var gate = engine.ReadGate = new TaskCompletionSource();
        var ben = node.Connect("ben");
        engine.ReadGate = null;
        _ = engine.Forget(Lobby).AsTask();
        node.Settle();
        Release(node, gate);
        ann.Send("""{"content":"after"}""");
        node.Advance(11);
        Assert.True(ben.All("joined").Count == 1, Text(ben.New()));
    }

    [Fact]
    public void An_ack_of_a_forgotten_history_takes_no_events_place()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Sink.Block();
        for (var k = 0; k < 3; k++) ben.Send(FanOutTests.Array($"b{k}", 10));
        ann.Send("""{"id":"x","content":"mine"}""");
        _ = engine.Forget(Lobby).AsTask();
        node.Settle();
        for (var i = 0; i < 4; i++) ben.Send(FanOutTests.Array($"n{i}", 10));
        ann.New();
        ann.Sink.Unblock();
        node.Settle();
        Assert.Single(ann.All("ack"));
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), ann.All("message").Where(f => ((string)f["content"]!)[0] == 'n').Select(f => (long)f["seq"]!));
    }

    [Fact]
    public void Who_is_removed_before_it_could_join_stays_out()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben", "club");
        var gate = engine.ReadGate = new TaskCompletionSource();
        ann.Send("""{"type":"history","limit":5}""");
        engine.ReadGate = null;
        _ = engine.Admit("ann", Club).AsTask();
        _ = engine.Remove("ann", Club).AsTask();
        node.Settle();
        Release(node, gate);
        ben.Send("""{"content":"secret"}""");
        Assert.DoesNotContain("secret", Text(ann.New()));
    }

    [Fact]
    public void Who_is_removed_while_it_joins_is_out()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben", "club");
        var gate = engine.ReadGate = new TaskCompletionSource();
        ann.Send("""{"type":"join","room":"club"}""");
        engine.ReadGate = null;
        _ = engine.Remove("ann", Club).AsTask();
        node.Settle();
        Release(node, gate);
        ben.Send("""{"content":"secret"}""");
        Assert.DoesNotContain("secret", Text(ann.New()));
    }

    [Fact]
    public void A_removal_during_a_repeated_join_leaves_nobody_waiting()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann", "club");
        var gate = engine.ReadGate = new TaskCompletionSource();
        ann.Send("""{"type":"join","room":"club","id":"j"}""");
        engine.ReadGate = null;
        _ = engine.Remove("ann", Club).AsTask();
        node.Settle();
        Release(node, gate);
        ann.New();
        ann.Send("""{"type":"join","room":"hall"}""");
        var soon = Text(ann.New());
        node.Advance(11);
        Assert.True(soon.Length > 0, "nothing for 10 s, then:\n" + Text(ann.New()));
    }

    [Fact]
    public void A_session_that_is_too_late_costs_its_connection_alone()
    {
        var (node, engine) = Make();
        var ben = node.Connect("ben");
        ben.New();
        var gate = engine.OpenGate = new TaskCompletionSource();
        var ann = node.Connect("ann");
        node.AdvanceInSilence(10.5);
        ann.Send("""{"type":"join","room":"club"}""");
        ben.Send("""{"id":"p","content":"hi"}""");
        Assert.Single(ben.All("ack"));
        Assert.Equal(CloseCode.InternalError, ann.Sink.Closed?.Code);
    }

    [Fact]
    public void Who_is_admitted_while_its_session_opens_is_welcomed_first()
    {
        var (node, engine) = Make();
        var gate = engine.OpenGate = new TaskCompletionSource();
        var ann = node.Connect("ann");
        _ = engine.Admit("ann", Club).AsTask();
        node.Settle();
        Release(node, gate);
        Assert.Equal(["welcome", "joined", "joined"], ann.New().Select(f => (string)f["type"]!));
    }

    [Fact]
    public void A_repeated_join_that_fails_leaves_the_membership()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        node.DiskFails = true;
        ben.Send("""{"id":"p","content":"lost"}""");
        ann.Send("""{"type":"join"}""");
        node.Advance(3);
        node.DiskFails = false;
        node.Advance(3);
        ann.New();
        ben.Send("""{"id":"q","content":"hi"}""");
        Assert.Contains("hi", Text(ann.New()));
    }

    [Fact]
    public void A_session_taken_while_its_owner_waits_for_it_is_lost()
    {
        var (node, engine) = Make();
        var old = node.Connect("ann");
        var id = old.Session;
        var gate = engine.ClaimGate = new TaskCompletionSource();
        var a = node.ConnectUnsettled("ann", id);
        node.Settle();
        engine.ClaimGate = null;
        var b = node.ConnectUnsettled("ann", id);
        node.Settle();
        Release(node, gate);
        Assert.Equal(CloseCode.ResumedElsewhere, a.Sink.Closed?.Code);
        Assert.Null(b.Sink.Closed);
    }

    [Fact]
    public void An_ack_that_waits_outlives_its_room()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Sink.Block();
        for (var k = 0; k < 3; k++) ben.Send(FanOutTests.Array($"b{k}", 10));
        ann.Send("""{"id":"x","content":"mine"}""");
        engine.Listeners[Lobby].Notify(new EventsStored("e", [new RoomEvent
        {
            Room = Lobby, Type = "message", Id = "x", SenderId = "s", SenderName = "s", Fields = Array.Empty<byte>(), Seq = 999,
        }]));
        node.Settle();
        ann.Sink.Unblock();
        node.Settle();
        Assert.True(ann.All("ack").Count == 1, string.Join('\n', ann.New().Select(f => $"{f["type"]} {f["seq"]} {f["senderId"]} {f["content"]}")));
    }

    [Fact]
    public void A_repeated_join_skips_no_event()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        var gate = engine.JoinGate = new TaskCompletionSource();
        ann.Send("""{"type":"join","history":0}""");
        engine.JoinGate = null;
        ben.Send("""{"content":"in between"}""");
        Release(node, gate);
        ben.Send("""{"content":"after"}""");
        Assert.Equal(["in between", "after"], ann.Events().Select(e => e.Content));
    }

    [Fact]
    public void A_list_never_takes_back_a_change_that_was_told()
    {
        var (node, engine) = Make();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Sink.Block();
        for (var k = 0; k < 3; k++) ben.Send(FanOutTests.Array($"b{k}", 10));
        ann.New();
        var gate = engine.WhoGate = new TaskCompletionSource();
        ann.Sink.Unblock();
        node.Settle();
        engine.WhoGate = null;
        node.Connect("cai");
        Release(node, gate);
        Assert.Equal(3, (int)ann.All("presence")[^1]["count"]!);
    }
}
