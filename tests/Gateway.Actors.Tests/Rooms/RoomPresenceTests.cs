// What members are told of one another.

using Gateway.Actors.Policy;
using Gateway.Actors.Tests.Connections;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Rooms;

public sealed class RoomPresenceTests
{
    [Fact]
    public void A_member_is_announced_once_when_two_tabs_join()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        ann.New();
        node.Connect("ben");
        node.Connect("ben");

        var joined = ann.Expect("user_joined");
        Assert.Equal(("ben", "BEN", 2), ((string)joined["userId"]!, (string)joined["name"]!, (int)joined["count"]!));
    }

    [Fact]
    public void A_newcomer_sees_who_is_there_and_how_many_devices()
    {
        using var node = new TestNode();
        node.Connect("ann");
        node.Connect("ann");
        var ben = node.Connect("ben");

        var users = ben.All("joined")[0]["users"]!.AsArray();
        Assert.Equal(["ann", "ben"], users.Select(u => (string)u!["userId"]!));
        Assert.Equal([2, 1], users.Select(u => (int)u!["devices"]!));
    }

    [Fact]
    public void A_user_is_gone_only_after_the_grace_period()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.Disconnect();

        node.Advance(11.5);
        ann.ExpectNothing();
        node.Advance(1);
        var left = ann.Expect("user_left");
        Assert.Equal(("ben", "timeout", 1), ((string)left["userId"]!, (string)left["reason"]!, (int)left["count"]!));
        node.Advance(60);
        ann.ExpectNothing();
    }

    [Fact]
    public void A_user_who_is_back_in_time_is_not_seen_to_blink()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.Disconnect();
        node.Advance(10);
        node.Connect("ben");
        node.Advance(120);

        ann.ExpectNothing();
    }

    [Fact]
    public void A_leave_is_seen_at_once_and_with_its_reason()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.New();

        ben.Send("""{"type":"leave","id":"l"}""");

        Assert.Equal("l", (string)ben.Expect("left")["id"]!);
        Assert.Equal("left", (string)ann.Expect("user_left")["reason"]!);
        ann.Send("""{"content":"hi"}""");
        ben.ExpectNothing();
    }

    [Fact]
    public void Who_is_kicked_is_told_left_and_the_others_kicked()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.New();

        _ = node.Engine.Remove("ben", RoomName.Parse("lobby")).AsTask();
        node.Settle();

        Assert.Equal(["left"], ben.New().Select(f => (string)f["type"]!));
        Assert.Equal("kicked", (string)ann.Expect("user_left")["reason"]!);
    }

    [Fact]
    public void One_of_two_tabs_leaving_is_not_seen()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var first = node.Connect("ben");
        node.Connect("ben");
        ann.New();

        first.Send("""{"type":"leave"}""");

        ann.ExpectNothing();
    }

    [Fact]
    public void A_crowd_is_told_digests_at_most_one_a_second()
    {
        var small = NamespacePolicy.Chat with { PresenceLimit = 3 };
        using var node = new TestNode(new NodeOptions
        {
            DefaultRoom = RoomName.Parse("lobby"),
            Namespaces = new Namespaces([small, NamespacePolicy.User]),
        });
        var ann = node.Connect("ann");
        for (var i = 0; i < 10; i++)
            node.Connect($"u{i}");

        Assert.Equal(2, ann.All("user_joined").Count);
        var first = Assert.Single(ann.All("presence_digest"));
        Assert.Equal((4, 1, 0), ((int)first["count"]!, (int)first["joined"]!, (int)first["left"]!));
        node.Advance(1.1);
        var second = ann.All("presence_digest")[^1];
        Assert.Equal((11, 7, 0), ((int)second["count"]!, (int)second["joined"]!, (int)second["left"]!));
        Assert.False(node.Connect("late").All("joined")[0].ContainsKey("users"));
    }

    [Fact]
    public void Typing_is_damped_and_ends_by_itself()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.Send("""{"type":"typing"}""");
        Assert.True((bool)ann.Expect("typing")["isTyping"]!);
        node.Advance(1);
        ben.Send("""{"type":"typing"}""");
        ann.ExpectNothing();
        node.Advance(1.5);
        ben.Send("""{"type":"typing"}""");
        ann.Expect("typing");

        node.Advance(4.9);
        ann.ExpectNothing();
        node.Advance(0.2);
        Assert.Equal("ben", (string)ann.Expect("stop_typing")["userId"]!);
        Assert.DoesNotContain(ben.New(), f => (string)f["type"]! is "typing" or "stop_typing");
    }

    [Fact]
    public void Typing_ends_with_the_event_and_a_stop_resets_the_damping()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.New();
        ben.Send("""{"type":"typing","roomId":"lobby"}""").Send("""{"type":"stop_typing"}""").Send("""{"type":"typing","isTyping":true}""");
        Assert.Equal(["typing", "stop_typing", "typing"], ann.New().Select(f => (string)f["type"]!));

        ben.Send("""{"content":"done"}""");
        var frames = ann.New();
        Assert.Equal(["message", "typing"], frames.Select(f => (string)f["type"]!).Order());
        Assert.False((bool)frames.Single(f => (string)f["type"]! == "typing")["isTyping"]!);
    }

    [Fact]
    public void Typing_ends_when_the_last_connection_goes()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ben.Send("""{"type":"typing"}""");
        ann.New();

        ben.Disconnect();

        ann.Expect("stop_typing");
    }

    [Fact]
    public void A_cursor_moves_forward_once_a_second_and_never_past_the_top()
    {
        using var node = new TestNode();
        var ann = node.Connect("ann");
        var ben = node.Connect("ben");
        ann.Send(FanOutTests.Array("a", 5));
        ann.New();

        ben.Send("""{"type":"read","seq":2}""");
        Assert.Equal(("ben", "read", 2L), Cursor(ann.Expect("receipt")));
        ben.Send("""{"type":"read","seq":3}""").Send("""{"type":"read","seq":99}""");
        ann.ExpectNothing();
        node.Advance(1.1);
        Assert.Equal(("ben", "read", 5L), Cursor(ann.Expect("receipt")));
        node.Advance(2);
        ben.Send("""{"type":"read","seq":4}""");
        node.Advance(2);
        ann.ExpectNothing();

        Assert.Equal(5L, (long)node.Connect("cai").All("joined")[0]["receipts"]!.AsArray().Single()!["seq"]!);
    }

    private static (string User, string Status, long Seq) Cursor(System.Text.Json.Nodes.JsonObject receipt) =>
        ((string)receipt["userId"]!, (string)receipt["status"]!, (long)receipt["seq"]!);
}
