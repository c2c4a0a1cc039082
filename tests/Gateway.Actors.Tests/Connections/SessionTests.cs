// Sessions that outlive their sockets.

using Gateway.Actors.Connections;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Actors.Tests.Rooms;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Connections;

public sealed class SessionTests
{
    [Fact]
    public void A_resumed_session_has_its_rooms_and_misses_nothing()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben");
        var ann = node.Connect("ann", "lobby", "club");
        var epoch = (string)ann.All("joined")[0]["epoch"]!;
        ben.Send("""{"content":"one"}""");
        ben.New();
        ann.Disconnect();
        ben.Send("""{"content":"two"}""").Send("""{"content":"three"}""");

        var back = node.Connect(AdmissionTests.User("ann"), ["other"]);
        back.New();
        back.Send($$$"""{"type":"resume","id":"r","session":"{{{ann.Session}}}","rooms":{"lobby":{"since":1,"epoch":"{{{epoch}}}"} } }""");

        var frames = back.New();
        Assert.Equal(("welcome", true, "r", ann.Session), ((string)frames[0]["type"]!, (bool)frames[0]["resumed"]!, (string)frames[0]["id"]!, (string)frames[0]["session"]!));
        Assert.Equal(["club", "lobby", "other"], frames.Where(f => (string)f["type"]! == "joined").Select(f => (string)f["room"]!).Order());
        Assert.Equal(["two", "three"], frames.Where(f => (string)f["type"]! == "message").Select(f => (string)f["content"]!));
        node.Advance(60);
        Assert.DoesNotContain(ben.New(), f => (string)f["type"]! is "user_left" or "user_joined");
    }

    [Fact]
    public void The_fresh_session_of_a_resume_is_discarded()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben");
        var ann = node.Connect("ann");
        ann.Disconnect();
        var back = node.Connect("ann");
        var fresh = back.Session;
        back.Send($$"""{"type":"resume","session":"{{ann.Session}}"}""");

        ben.New();
        ben.Send("""{"type":"presence"}""");
        var users = ben.Expect("presence")["users"]!.AsArray();
        Assert.Equal(1, (int)users.Single(u => (string)u!["userId"]! == "ann")!["devices"]!);
        Assert.False((bool)node.Connect(AdmissionTests.User("ann"), [], fresh).All("welcome")[0]["resumed"]!);
    }

    [Fact]
    public void The_url_resumes_with_the_only_welcome()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann", "club");
        ann.Disconnect();
        var back = node.Connect(AdmissionTests.User("ann"), [], ann.Session);
        var welcome = Assert.Single(back.All("welcome"));
        Assert.Equal((true, ann.Session), ((bool)welcome["resumed"]!, (string)welcome["session"]!));
        Assert.Equal("club", (string)back.All("joined")[0]["room"]!);
        back.New();
        back.Send("""{"id":"c","content":"where am I?"}""");
        Assert.Equal("club", (string)back.Expect("ack")["room"]!);
    }

    [Fact]
    public void A_session_that_the_url_resumed_may_name_its_positions_afterwards()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben", "club");
        var ann = node.Connect("ann", "club");
        ann.Disconnect();
        ben.Send(FanOutTests.Array("b", 3));
        var back = node.Connect(AdmissionTests.User("ann"), [], ann.Session);
        back.New();
        back.Send($$$"""{"type":"resume","session":"{{{ann.Session}}}","rooms":{"club":{"since":1} } }""");

        var frames = back.New();
        Assert.True((bool)frames[0]["resumed"]!);
        Assert.Equal([2L, 3L], frames.Where(f => (string)f["type"]! == "message").Select(f => (long)f["seq"]!));
    }

    [Fact]
    public void A_session_with_as_many_rooms_as_are_allowed_comes_back_whole()
    {
        using var node = new TestNode(new NodeOptions { RoomsPerConnection = 3, DefaultRoom = RoomName.Parse("lobby") });
        var ann = node.Connect("ann", "r1", "r2", "r3");
        ann.Disconnect();
        var back = node.Connect("ann");
        back.New();
        back.Send($$"""{"type":"resume","session":"{{ann.Session}}"}""");
        var frames = back.New();
        Assert.Equal(["r1", "r2", "r3"], frames.Where(f => (string)f["type"]! == "joined").Select(f => (string)f["room"]!).Order());
        Assert.DoesNotContain(frames, f => (string)f["type"]! == "error");
    }

    [Fact]
    public void A_session_that_is_still_open_is_taken_over()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben");
        var ann = node.Connect("ann");
        ben.New();
        var back = node.Connect(AdmissionTests.User("ann"), [], ann.Session);

        Assert.Equal(CloseCode.ResumedElsewhere, ann.Sink.Closed?.Code);
        Assert.True((bool)back.All("welcome")[0]["resumed"]!);
        node.Advance(60);
        ben.ExpectNothing();
        back.Send("""{"id":"c","content":"still me"}""");
        Assert.Equal("still me", (string)ben.Expect("message")["content"]!);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("another's")]
    [InlineData("expired")]
    public void A_session_that_can_not_be_had_is_no_error(string which)
    {
        using var node = new TestNode();
        var other = node.Connect(which == "another's" ? "ben" : "ann");
        var session = which == "unknown" ? "nobody-knows" : other.Session;
        other.Disconnect();
        if (which == "expired")
            node.Advance(121);

        var ann = node.Connect("ann", "club");
        ann.New();
        ann.Send($$$"""{"type":"resume","session":"{{{session}}}","rooms":{"lobby":{"since":0} } }""");

        var frames = ann.New();
        Assert.False((bool)frames[0]["resumed"]!);
        Assert.Equal(["lobby"], frames.Where(f => (string)f["type"]! == "joined").Select(f => (string)f["room"]!));
    }

    [Fact]
    public void A_resume_that_is_not_first_is_a_bad_frame()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        ann.New();
        ann.Send("""{"type":"ping"}""").New();
        ann.Send("""{"type":"resume","session":"x"}""");
        ann.ExpectError("bad_frame");
    }

    [Fact]
    public void A_room_that_the_token_no_longer_allows_is_left()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben", "club");
        var ann = node.Connect("ann", "lobby", "club");
        ann.Disconnect();
        ben.New();
        var less = AdmissionTests.User("ann") with
        {
            Grants = RoomGrants.Create([new("lobby", Rights.All)]),
        };
        var back = node.Connect(less, [], ann.Session);

        var error = Assert.Single(back.All("error"));
        Assert.Equal(("forbidden", "club"), ((string)error["code"]!, (string)error["room"]!));
        Assert.Equal("ann", (string)ben.Expect("user_left")["userId"]!);
    }

    [Fact]
    public async Task A_socket_that_goes_before_its_session_is_opened_leaves_nothing_behind()
    {
        using var node = new TestNode();
        for (var i = 0; i < 10; i++)
        {
            var port = node.Node.Open(new ConnectionRequest
            {
                Sink = new FakeSink(100, node.Time),
                Dialect = TestNode.Dialect,
                Identity = AdmissionTests.User("ghost"),
            })!;
            node.RunActors();
            port.Closed();
            node.RunActors();
            node.Settle();
        }

        var described = node.Engine.DescribeUser("ghost").AsTask();
        node.Settle();
        Assert.Equal(0, (await described).Summary.Connections);
        Assert.Equal((0, 0, 0), (node.Node.Connections.All, node.Node.Connections.Unauthenticated, node.Node.ConnectionsOf("ghost")));
    }

    [Fact]
    public void A_hundred_takeovers_leave_one_owner_and_one_presence()
    {
        using var node = new TestNode();
        var ben = node.Connect("ben");
        var first = node.Connect("ann");
        ben.New();
        var session = first.Session;
        var last = first;
        for (var i = 0; i < 100; i++)
            last = node.Connect(AdmissionTests.User("ann"), [], session);

        Assert.Null(last.Sink.Closed);
        Assert.Equal(2, node.Node.Connections.All);
        ben.Send("""{"type":"presence"}""");
        Assert.Equal(1, (int)ben.Expect("presence")["users"]!.AsArray().Single(u => (string)u!["userId"]! == "ann")!["devices"]!);
        ben.Send(FanOutTests.Array("b", 3));
        Assert.Equal(3, last.Events().Count);
    }

    [Theory]
    [InlineData(EngineStatus.Degraded)]
    [InlineData(EngineStatus.Unknown)]
    [InlineData(EngineStatus.Busy)]
    public void A_session_is_not_given_up_because_the_engine_was_away_when_it_was_to_be_resumed(EngineStatus status)
    {
        StubbornEngine engine = null!;
        using var node = new TestNode(wrap: inner => engine = new StubbornEngine(inner));
        var ann = node.Connect("ann", "club");
        ann.Disconnect();
        node.Settle();
        engine.ClaimFails = status;
        var early = node.Connect(AdmissionTests.User("ann"), [], ann.Session);
        Assert.Empty(early.All("welcome"));
        Assert.Equal(CloseCode.InternalError, early.Sink.Closed?.Code);

        engine.ClaimFails = null;
        var back = node.Connect(AdmissionTests.User("ann"), [], ann.Session);
        Assert.True((bool)back.Expect("welcome")["resumed"]!);
    }
}
