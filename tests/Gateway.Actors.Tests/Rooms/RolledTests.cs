// The room's epoch changes, with or without a loss, in whatever order the room and its members hear of it: each is told what concerns it, once.

using System.Text.Json.Nodes;
using Gateway.Actors.Engine;
using Gateway.Actors.Tests.Connections;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Rooms;

public sealed class RolledTests : IDisposable
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    private readonly TestNode _node;
    private StubbornEngine _engine = null!;

    public RolledTests()
    {
        var options = new NodeOptions { DefaultRoom = Lobby, OutboxEvents = 20, EventsPerSecond = 10_000, EventBurst = 10_000 };
        _node = new TestNode(options, wrap: inner => _engine = new StubbornEngine(inner) { OwesPublications = false });
    }

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Who_is_ahead_of_the_cut_is_told_once_and_gets_what_is_there_instead()
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", 8);
        ben.New();
        history.Roll("k2", cut: 5);
        history.Add("six");
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 5));

        var frames = ben.New();
        Assert.Equal(["gap", "message"], Types(frames));
        Assert.Equal((6L, 8L, "rolled_back", "k2"), Gap(frames[0]));
        Assert.Equal((6L, "k2", "six"), ((long)frames[1]["seq"]!, (string)frames[1]["epoch"]!, (string)frames[1]["content"]!));
        Notify(history.Add("seven", "eight"));
        Assert.Equal([7L, 8L], ben.Events().Select(one => one.Seq));
    }

    [Fact]
    public void The_position_may_be_told_as_the_cut_and_what_is_new_as_events()
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", 8);
        ben.New();
        history.Roll("k2", cut: 5);
        var fresh = history.Add("six", "seven");
        Notify(new RoomRolled(new RoomPosition("k2", 5), GapReason.RolledBack, 5), fresh);
        Assert.Equal(["gap", "message", "message"], Types(ben.New()));
        Notify(history.Add("eight"));
        Assert.Equal((8L, "eight"), Assert.Single(ben.Events()));
    }

    [Fact]
    public void An_epoch_without_a_loss_is_seen_in_the_next_event_alone()
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", 3);
        ben.New();
        history.Roll("k2", cut: 3);
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 3));
        history.Roll("k3", cut: 3);
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 3));
        ben.ExpectNothing();
        Notify(history.Add("four"));
        var message = ben.Expect("message");
        Assert.Equal((4L, "k3"), ((long)message["seq"]!, (string)message["epoch"]!));
    }

    [Fact]
    public void The_top_may_have_gone_on_in_the_new_epoch_before_the_room_hears_of_it()
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", 3);
        ben.New();
        history.Roll("k2", cut: 3);
        var fresh = history.Add("four", "five");
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 3), fresh);
        Assert.Equal([4L, 5L], ben.Events().Select(one => one.Seq));
    }

    [Fact]
    public void Who_is_rolled_back_twice_before_it_has_read_on_is_told_each_loss_once()
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", 8);
        ben.New();
        var first = _engine.ReadGate = new TaskCompletionSource();
        history.Roll("k2", cut: 5);
        history.Add("six", "seven");
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 5));
        var second = _engine.ReadGate = new TaskCompletionSource();
        history.Roll("k3", cut: 3);
        history.Add("four");
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 3));
        _engine.ReadGate = null;
        Open(first);
        Open(second);

        var frames = ben.New();
        Assert.Equal([(6L, 8L, "rolled_back", "k2"), (4L, 5L, "rolled_back", "k3")], frames.Where(IsGap).Select(Gap));
        Assert.Equal([(4L, "four")], frames.Where(frame => !IsGap(frame)).Select(frame => ((long)frame["seq"]!, (string)frame["content"]!)));
        Notify(history.Add("five"));
        Assert.Equal((5L, "five"), Assert.Single(ben.Events()));
    }

    [Fact]
    public void A_newcomer_whose_page_was_of_the_new_epoch_already_is_told_no_gap_and_nothing_twice()
    {
        _node.Connect("ben");
        var history = Tell("ann", 8);
        history.Roll("k2", cut: 5);
        history.Add("six", "seven", "eight", "nine");
        var cai = _node.Connect("cai");
        Assert.Equal(9, cai.Events().Count);
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 5));
        Notify(history.Add("ten"));

        var frames = cai.New();
        Assert.Equal(["message"], Types(frames));
        Assert.Equal(10, (long)frames[0]["seq"]!);
    }

    [Fact]
    public void A_newcomer_of_the_new_epoch_is_not_served_what_the_room_had_of_the_old_one()
    {
        _node.Connect("ben");
        var history = Tell("ann", 8);
        history.Roll("k2", cut: 5);
        history.Add("six");
        var cai = _node.Connect("cai");
        Assert.Equal((6L, "six"), cai.Events()[^1]);
        _node.Advance(5);
        cai.ExpectNothing();
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 5));
        Notify(history.Add("seven"));
        Assert.Equal([(7L, "seven")], cai.Events());
    }

    [Fact]
    public void Who_reads_on_in_rolled_storage_before_the_room_hears_of_it_is_told_what_it_lost_once()
    {
        var slow = _node.Connect("slow");
        slow.Sink.Block();
        var history = Tell("ann", 60, at: 1);
        Unblock(slow, until: 40);
        var reached = slow.Events().Max(one => one.Seq);
        history.Roll("k2", cut: 10);
        history.Add("eleven", "twelve");
        Unblock(slow, until: int.MaxValue);
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, 10));
        Unblock(slow, until: int.MaxValue);

        var frames = slow.New();
        var gap = Gap(Assert.Single(frames, IsGap));
        Assert.Equal((11L, "rolled_back", "k2"), (gap.From, gap.Reason, gap.Epoch));
        Assert.True(gap.To >= reached, $"Had {reached}, was told {gap}.");
        var after = frames.SkipWhile(frame => !IsGap(frame)).Where(frame => (string)frame["type"]! == "message").Select(frame => (string)frame["content"]!);
        Assert.Equal(["eleven", "twelve"], after);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(3, 2)]
    public void An_ack_of_an_epoch_that_the_room_has_yet_to_hear_of_waits_for_the_events_below_it(int events, int cut)
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", events);
        ben.New();
        _engine.Outcomes = _ => new PublishOutcome(PublishStatus.Stored, cut + 3, "k2", 0);
        ben.Send("""{"id":"b-1","content":"mine"}""");
        ben.ExpectNothing();

        history.Roll("k2", cut);
        var fresh = history.Add("four", "five");
        Notify(new RoomRolled(history.Position, GapReason.RolledBack, cut), fresh);
        var frames = ben.New().Where(frame => !IsGap(frame)).ToList();
        Assert.Equal(["message", "message"], Types(frames));
        Notify(history.Add("mine"));
        Assert.Contains("ack", Types(ben.New()));
    }

    [Fact]
    public void An_ack_of_an_epoch_that_the_room_has_yet_to_hear_of_waits_also_below_the_head()
    {
        var ben = _node.Connect("ben");
        var history = Tell("ann", 8);
        _node.Advance(10);
        ben.New();
        _engine.Outcomes = _ => new PublishOutcome(PublishStatus.Stored, 2, "k2", 0);
        ben.Send("""{"id":"b-1","content":"mine"}""");
        ben.ExpectNothing();

        history.Roll("k2", 0);
        var fresh = history.Add("one", "two");
        Notify(new RoomRolled(new RoomPosition("k2", 0), GapReason.Reset, 0), fresh);
        Assert.Equal(["gap", "message", "message", "ack"], Types(ben.New()));
    }

    [Fact]
    public void Presence_goes_on_with_whatever_version_follows_a_loss()
    {
        var ann = _node.Connect("ann");
        _node.Connect("ben");
        ann.New();
        var at = _node.Time.GetUtcNow();
        Notify(
            new PresenceChanged(5_000, "cai", "Cai", true, default, at, 3),
            new RoomRolled(new RoomPosition("k2", 0), GapReason.RolledBack, 0),
            new PresenceChanged(90_000, "dan", "Dan", true, default, at, 4),
            new PresenceChanged(90_001, "cai", "Cai", false, LeaveReason.Timeout, at, 3));
        Assert.Equal(
            [("user_joined", "cai", 3), ("user_joined", "dan", 4), ("user_left", "cai", 3)],
            ann.New().Select(frame => ((string)frame["type"]!, (string)frame["userId"]!, (int)frame["count"]!)));
    }

    /// <summary>So many events, and the storage that has them from now on in place of the engine's own.</summary>
    private RolledHistory Tell(string user, int events, int at = 0)
    {
        var client = _node.Connect(user);
        for (var sent = at; sent < events; sent += 10)
            client.Send(FanOutTests.Array($"s{sent}-", Math.Min(10, events - sent)));
        client.Disconnect();
        var reading = _node.Engine.Read(new HistoryQuery(Lobby, 0, null, null, 500, int.MaxValue)).AsTask();
        _node.Settle();
        var page = Assert.IsType<HistoryPage>(reading.IsCompleted ? reading.GetAwaiter().GetResult() : null);
        var history = new RolledHistory(page.Position.Epoch, page.Events);
        _engine.Pages = history.Read;
        return history;
    }

    private void Notify(params RoomNotice[] notices)
    {
        foreach (var notice in notices)
            _engine.Listeners[Lobby].Notify(notice);
        _node.Settle();
    }

    private void Open(TaskCompletionSource gate)
    {
        // Where a context is set, what waits would go on elsewhere.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        gate.SetResult();
        SynchronizationContext.SetSynchronizationContext(context);
        _node.Settle();
    }

    private void Unblock(TestClient client, int until)
    {
        for (var i = 0; i < 200 && client.All("message").Count < until; i++)
        {
            client.Sink.Unblock(1);
            _node.Settle();
        }
    }

    private static bool IsGap(JsonObject frame) => (string)frame["type"]! == "gap";

    private static IEnumerable<string> Types(IEnumerable<JsonObject> frames) => frames.Select(frame => (string)frame["type"]!);

    private static (long From, long To, string Reason, string Epoch) Gap(JsonObject frame) =>
        ((long)frame["from"]!, (long)frame["to"]!, (string)frame["reason"]!, (string)frame["epoch"]!);
}
