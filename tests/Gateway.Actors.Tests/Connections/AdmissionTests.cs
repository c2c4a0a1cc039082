// Who a connection is: before auth, with a token, after a renewal, when it expires.

using Gateway.Actors.Connections;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Connections;

public sealed class AdmissionTests
{
    [Fact]
    public void Before_auth_only_auth_and_ping_are_served()
    {
        using var node = new TestNode();
        var client = node.Connect((Identity?)null, []);
        client.ExpectNothing();

        client.Send("""{"type":"ping","t":1}""");
        client.Expect("pong");
        client.Send("""{"id":"c-1","content":"hi"}""");
        Assert.Equal("c-1", (string)client.ExpectError("unauthorized")["id"]!);
        client.Send("""{"type":"join","room":"lobby"}""");
        client.ExpectError("unauthorized");
        client.Send("nonsense");
        client.ExpectError("bad_json");
        Assert.Null(client.Sink.Closed);
    }

    [Fact]
    public void Without_auth_the_socket_closes_after_5_s()
    {
        using var node = new TestNode();
        var client = node.Connect((Identity?)null, []);
        node.Advance(4.9);
        Assert.Null(client.Sink.Closed);
        node.Advance(0.2);
        Assert.Equal(CloseCode.Unauthorized, client.Sink.Closed?.Code);
        Assert.Equal((0, 0), node.Node.Connections);
    }

    [Fact]
    public void An_auth_or_ping_that_is_malformed_is_told_so()
    {
        using var node = new TestNode();
        var client = node.Connect((Identity?)null, []);
        client.Send("""{"type":"auth"}""");
        Assert.Equal("token", (string)client.ExpectError("bad_frame")["field"]!);
        client.Send("""{"type":"join","since":"x"}""");
        client.ExpectError("unauthorized");
    }

    [Fact]
    public void What_was_wrong_in_the_url_is_said_right_after_welcome()
    {
        using var node = new TestNode();
        var client = node.Connect(User("ann"), ["club"], faults: [new UrlFault(ErrorCode.BadRoom, "No room name.", "room")]);
        var frames = client.New();
        Assert.Equal(["welcome", "error", "joined"], frames.Select(f => (string)f["type"]!));
        Assert.Equal(("bad_room", "room"), ((string)frames[1]["code"]!, (string)frames[1]["field"]!));
    }

    [Fact]
    public void Auth_lets_in_and_a_bad_token_closes()
    {
        using var node = new TestNode();
        node.Tokens.Known["good"] = User("ann");
        var good = node.Connect((Identity?)null, ["club"]);
        good.Send("""{"type":"auth","token":"good","id":"a"}""");
        var frames = good.New();
        Assert.Equal(["welcome", "joined"], frames.Select(f => (string)f["type"]!));
        Assert.Equal(("a", "ann"), ((string)frames[0]["id"]!, (string)frames[0]["userId"]!));
        node.Advance(10);
        Assert.Null(good.Sink.Closed);

        var bad = node.Connect((Identity?)null, []);
        bad.Send("""{"type":"auth","token":"bad"}""");
        Assert.Equal(CloseCode.Unauthorized, bad.Sink.Closed?.Code);
        Assert.Equal((1, 0), node.Node.Connections);
    }

    [Fact]
    public void A_renewal_keeps_the_connection_and_ends_what_it_no_longer_allows()
    {
        using var node = new TestNode();
        var now = node.Time.GetUtcNow();
        var ann = node.Connect(User("ann") with { ExpiresAt = now.AddMinutes(5) }, ["lobby", "club"]);
        var ben = node.Connect("ben", "club");
        ben.New();
        ann.New();
        node.Tokens.Known["fresh"] = User("ann") with
        {
            ExpiresAt = now.AddMinutes(10),
            Grants = RoomGrants.Create([new("lobby", Rights.Join)]),
        };

        ann.Send("""{"type":"auth","token":"fresh","id":"r"}""");

        var frames = ann.New();
        Assert.Equal(["auth", "error"], frames.Select(f => (string)f["type"]!).Order());
        Assert.Equal(600_000, (long)frames.Single(f => (string)f["type"]! == "auth")["expiresInMs"]!);
        var error = frames.Single(f => (string)f["type"]! == "error");
        Assert.Equal(("forbidden", "club"), ((string)error["code"]!, (string)error["room"]!));
        Assert.Equal("left", (string)ben.Expect("user_left")["reason"]!);
        ben.Send("""{"content":"hi"}""");
        ann.ExpectNothing();
        node.Advance(6 * 60);
        Assert.Null(ann.Sink.Closed);
    }

    [Fact]
    public void A_token_of_another_user_is_refused_and_a_bad_one_too()
    {
        using var node = new TestNode();
        node.Tokens.Known["ben"] = User("ben");
        var ann = node.Connect("ann");
        ann.New();
        ann.Send("""{"type":"auth","token":"ben"}""");
        ann.ExpectError("unauthorized");
        ann.Send("""{"type":"auth","token":"nobody"}""");
        ann.ExpectError("unauthorized");
        Assert.Null(ann.Sink.Closed);
    }

    [Fact]
    public void A_guest_becomes_a_user_and_keeps_its_rooms()
    {
        using var node = new TestNode();
        node.Tokens.Known["ann"] = User("ann");
        var ben = node.Connect("ben");
        var guest = node.Connect(User("guest:x") with { IsGuest = true }, ["lobby"]);
        guest.New();
        ben.New();

        guest.Send("""{"type":"auth","token":"ann"}""");

        Assert.Equal(["welcome", "joined"], guest.New().Select(f => (string)f["type"]!));
        Assert.Equal([("user_left", "guest:x"), ("user_joined", "ann")], ben.New().Select(f => ((string)f["type"]!, (string)f["userId"]!)));
        guest.Send("""{"id":"c","content":"me"}""");
        Assert.Equal("ann", (string)ben.Expect("message")["senderId"]!);
        Assert.Equal((0, 1), (node.Node.ConnectionsOf("guest:x"), node.Node.ConnectionsOf("ann")));
    }

    [Fact]
    public void A_client_is_warned_60_s_before_its_token_ends_and_closed_when_it_does()
    {
        using var node = new TestNode();
        var ann = node.Connect(User("ann") with { ExpiresAt = node.Time.GetUtcNow().AddSeconds(90) }, []);
        ann.New();
        for (var i = 0; i < 29; i++)
            node.Advance(1);
        ann.ExpectNothing();
        node.Advance(1.1);
        Assert.InRange((long)ann.Expect("token_expiring")["inMs"]!, 58_000, 60_000);
        for (var i = 0; i < 61; i++)
            node.Advance(1);
        Assert.Equal(CloseCode.Unauthorized, ann.Sink.Closed?.Code);
    }

    [Fact]
    public void A_token_that_is_short_from_the_start_is_said_to_be_right_after_welcome()
    {
        using var node = new TestNode();
        var ann = node.Connect(User("ann") with { ExpiresAt = node.Time.GetUtcNow().AddSeconds(30) }, []);
        Assert.Equal(["welcome", "token_expiring"], ann.New().Take(2).Select(f => (string)f["type"]!));
    }

    [Fact]
    public void The_default_room_is_the_first_of_url_claim_and_configuration()
    {
        using var node = new TestNode();
        Assert.Equal("b", DefaultOf(node.Connect(User("u1") with { JoinRooms = [RoomName.Parse("c")] }, ["b"])));
        Assert.Equal("c", DefaultOf(node.Connect(User("u2") with { JoinRooms = [RoomName.Parse("c")] }, [])));
        Assert.Equal("lobby", DefaultOf(node.Connect(User("u3"), [])));
    }

    [Fact]
    public void A_default_room_that_the_token_does_not_allow_is_passed_over_in_silence()
    {
        using var node = new TestNode();
        var ann = node.Connect(User("ann") with { Grants = RoomGrants.Create([new("club", Rights.All)]) }, []);
        Assert.Equal(["welcome"], ann.New().Select(f => (string)f["type"]!));
    }

    [Fact]
    public void Where_there_is_no_default_room_a_frame_must_name_one()
    {
        using var node = new TestNode(new NodeOptions());
        var ann = node.Connect("ann");
        ann.New();
        ann.Send("""{"id":"c","content":"hi"}""");
        ann.ExpectError("bad_room");
    }

    [Fact]
    public void A_room_of_the_url_that_is_not_allowed_is_forbidden_and_the_others_are_joined()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann", "nowhere:x", "user:ben", "club");
        Assert.Equal(["welcome", "error", "error", "joined"], ann.New().Select(f => (string)f["type"]!).OrderBy(t => t == "welcome" ? 0 : t == "error" ? 1 : 2));
    }

    [Fact]
    public void A_users_own_room_is_there_before_welcome_without_a_word()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann", "club");
        ann.New();
        ann.Send("""{"type":"ping"}""");
        Assert.Equal(["club"], ann.Expect("pong")["heads"]!.AsObject().Select(p => p.Key));
        node.Engine.Publish(new TestPublication("user:ann", "ping-1"));
        node.Settle();
        Assert.Equal("user:ann", (string)ann.Expect("message")["room"]!);
        ann.Send("""{"room":"user:ann","id":"c","content":"no"}""");
        ann.ExpectError("forbidden");
        ann.Send("""{"type":"ping"}""");
        Assert.Equal(["club", "user:ann"], ann.Expect("pong")["heads"]!.AsObject().Select(p => p.Key).Order());
    }

    private static string DefaultOf(TestClient client)
    {
        client.New();
        client.Send("""{"id":"c","content":"hi"}""");
        return (string)client.Expect("ack")["room"]!;
    }

    internal static Identity User(string id) => new() { UserId = id, Name = id.ToUpperInvariant() };
}
