// The storage is away: what clients see, and that nothing acked is lost.

using Gateway.Actors.Engine;
using Gateway.Actors.Tests.Rooms;

namespace Gateway.Actors.Tests.Connections;

public sealed class DegradedTests
{
    [Fact]
    public void Sockets_stay_clients_are_told_once_after_2_s_and_nothing_is_acked_meanwhile()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Send("""{"id":"before","content":"before"}""");
        ann.New();
        ben.New();
        node.DiskFails = true;
        ann.Send("""{"id":"c-1","content":"lost?"}""");
        Assert.Equal("c-1", (string)ann.ExpectError("degraded")["id"]!);
        node.Advance(1.5);
        ben.ExpectNothing();
        Assert.False(node.Node.IsDegraded);
        node.Advance(1);
        ben.Expect("degraded");
        Assert.True(node.Node.IsDegraded);
        ann.Send("""{"id":"c-2","content":"no"}""");
        Assert.Equal("c-2", (string)ann.All("error")[^1]["id"]!);
        node.Advance(20);
        Assert.Single(ann.All("degraded"));
        Assert.Empty(ann.All("ack").Skip(1));
        Assert.Null(ann.Sink.Closed);
        ann.Send("""{"type":"ping"}""");
        Assert.Single(ann.All("pong"));
    }

    [Fact]
    public void When_it_is_back_they_are_told_and_go_on_without_a_gap()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Send(FanOutTests.Array("before", 3));
        var epoch = (string)ben.All("joined")[0]["epoch"]!;
        node.DiskFails = true;
        ann.Send("""{"id":"c-1","content":"c-1"}""");
        node.Advance(5);
        node.DiskFails = false;
        ben.New();
        node.Advance(2);

        ben.Expect("restored");
        Assert.False(node.Node.IsDegraded);
        ann.Send("""{"id":"c-1","content":"c-1"}""");
        var message = ben.Expect("message");
        Assert.Equal(("c-1", 4L), ((string)message["content"]!, (long)message["seq"]!));
        Assert.NotEqual(epoch, (string)message["epoch"]!);
        Assert.Empty(ben.All("gap"));
        var late = node.Connect("cai");
        late.New();
        late.Send($$"""{"type":"join","room":"lobby","since":2,"epoch":"{{epoch}}"}""");
        Assert.True((bool)late.All("joined")[^1]["recovered"]!);
        Assert.Equal([3L, 4L], late.Events().Select(e => e.Seq));
    }

    [Fact]
    public void A_join_or_leave_that_could_not_be_done_leaves_the_client_where_it_was()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        var cai = node.Connect("cai");
        node.DiskFails = true;
        ann.Send("""{"id":"c-0","content":"x"}""");
        ben.New();
        cai.New();
        ben.Send("""{"type":"leave","id":"l"}""");
        Assert.Equal("l", (string)ben.ExpectError("degraded")["id"]!);
        cai.Send("""{"type":"join","room":"lobby","since":0,"id":"j"}""");
        Assert.Equal("j", (string)cai.ExpectError("degraded")["id"]!);
        node.DiskFails = false;
        node.Advance(5);
        ben.New();
        cai.New();

        ann.Send("""{"id":"c-1","content":"hello"}""");
        Assert.Equal("hello", (string)ben.Expect("message")["content"]!);
        Assert.Equal("hello", (string)cai.Expect("message")["content"]!);
        ben.Send("""{"type":"leave","id":"l2"}""");
        ben.Expect("left");
    }

    [Fact]
    public void The_2_s_count_from_when_it_was_lost_however_late_that_was_noticed()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        ann.New();
        var since = node.Time.GetUtcNow();
        node.Advance(1.5);
        ((IEngineListener)node.Node).Notify(new EngineLost(since));
        node.Advance(0.4);
        ann.ExpectNothing();
        node.Advance(0.2);
        Assert.Equal(since, DateTimeOffset.Parse((string)ann.Expect("degraded")["since"]!, System.Globalization.CultureInfo.InvariantCulture));
        ((IEngineListener)node.Node).Notify(new EngineBack());
        node.Settle();
        ann.Expect("restored");

        ((IEngineListener)node.Node).Notify(new EngineLost(node.Time.GetUtcNow() - TimeSpan.FromMinutes(1)));
        node.Advance(0.1);
        ann.Expect("degraded");
        var late = node.Connect("ben");
        Assert.Single(late.All("degraded"));
    }

    [Fact]
    public void A_short_absence_is_not_told()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        node.DiskFails = true;
        ann.Send("""{"id":"c-1","content":"x"}""");
        node.Advance(0.5);
        node.DiskFails = false;
        node.Advance(10);
        Assert.Empty(ann.All("degraded"));
        Assert.Empty(ann.All("restored"));
        ann.New();
        ann.Send("""{"id":"c-1","content":"x"}""");
        ann.Expect("ack");
    }

    [Fact]
    public void Who_disconnects_meanwhile_is_gone_when_it_is_back()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        node.DiskFails = true;
        ben.Send("""{"id":"c-1","content":"x"}""");
        ben.Disconnect();
        node.Advance(5);
        node.DiskFails = false;
        ann.New();
        node.Advance(30);
        Assert.Equal("ben", (string)Assert.Single(ann.All("user_left"))["userId"]!);
    }
}
