// PROTOCOL §1: what the claim "rooms" gives, and what stays a user's whatever it says.

using Gateway.Actors.Connections;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Connections;

public sealed class RoomGrantsTests
{
    [Theory]
    [InlineData("news", Rights.Join)]
    [InlineData("chat:news", Rights.Join)]
    [InlineData("newsroom", Rights.Publish)]
    [InlineData("nothing", Rights.None)]
    [InlineData("telemetry:p1", Rights.Join | Rights.Publish)]
    [InlineData("telemetry:p2", Rights.History)]
    [InlineData("telemetry:p22", Rights.Join | Rights.Publish)]
    [InlineData("telemetryx:p1", Rights.None)]
    public void The_longest_match_decides(string room, Rights expected)
    {
        var grants = Create(
            ("telemetry:*", Rights.Join | Rights.Publish), ("telemetry:p2", Rights.History), ("new*", Rights.Publish), ("news", Rights.Join));
        Assert.Equal(expected, grants.Find(RoomName.Parse(room)));
    }

    [Fact]
    public void The_longest_match_decides_in_whatever_order_the_claim_is_written()
    {
        var grants = Create(("*", Rights.Join), ("chat:*", Rights.Publish), ("chat:new*", Rights.Presence), ("ne*", Rights.History));
        Assert.Equal(Rights.Presence, grants.Find(RoomName.Parse("news")));
        Assert.Equal(Rights.History, grants.Find(RoomName.Parse("next")));
        Assert.Equal(Rights.Publish, grants.Find(RoomName.Parse("lobby")));
        Assert.Equal(Rights.Join, grants.Find(RoomName.Parse("telemetry:p1")));
    }

    [Fact]
    public void A_key_without_a_namespace_is_of_chat()
    {
        var grants = Create(("tele*", Rights.Join));
        Assert.Equal(Rights.Join, grants.Find(RoomName.Parse("television")));
        Assert.Equal(Rights.None, grants.Find(RoomName.Parse("telemetry:p1")));
    }

    [Fact]
    public void The_star_alone_does_not_match_rooms_of_users()
    {
        var grants = Create(("*", Rights.All));
        Assert.Equal(Rights.All, grants.Find(RoomName.Parse("lobby")));
        Assert.Equal(Rights.None, grants.Find(RoomName.Parse("user:u2")));
        Assert.Equal(Rights.Join, Create(("user:*", Rights.Join)).Find(RoomName.Parse("user:u2")));
    }

    [Fact]
    public void An_empty_claim_gives_nothing() => Assert.Equal(Rights.None, Create().Find(RoomName.Parse("lobby")));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a*b")]
    [InlineData("**")]
    [InlineData(":*")]
    [InlineData("a b*")]
    [InlineData("chat:a:b")]
    public void A_key_that_is_neither_a_room_nor_a_pattern_is_refused(string key) =>
        Assert.Null(RoomGrants.Create([new(key, Rights.Join)]));

    [Theory]
    [InlineData("user:u1", Rights.Join | Rights.History)]
    [InlineData("user:u2", Rights.None)]
    [InlineData("lobby", Rights.None)]
    [InlineData("nobody:a", Rights.None)]
    public void The_own_room_keeps_its_rights_whatever_the_claim_says(string room, Rights expected)
    {
        var identity = new Identity { UserId = "u1", Name = "u1", Grants = Create(("news", Rights.Join)) };
        Assert.Equal(expected, identity.RightsIn(RoomName.Parse(room), Namespaces.BuiltIn));
    }

    [Theory]
    [InlineData("user:u1", Rights.Join | Rights.History)]
    [InlineData("user:u2", Rights.None)]
    [InlineData("lobby", Rights.All)]
    [InlineData("telemetry:p1", Rights.Join)]
    [InlineData("nobody:a", Rights.None)]
    public void Without_a_claim_the_namespaces_rights_hold(string room, Rights expected)
    {
        var identity = new Identity { UserId = "u1", Name = "u1" };
        Assert.Equal(expected, identity.RightsIn(RoomName.Parse(room), Namespaces.BuiltIn));
    }

    [Fact]
    public void A_namespace_that_is_not_served_gives_nothing_even_where_the_claim_names_it()
    {
        var identity = new Identity { UserId = "u1", Name = "u1", Grants = Create(("nobody:*", Rights.All)) };
        Assert.Equal(Rights.None, identity.RightsIn(RoomName.Parse("nobody:a"), Namespaces.BuiltIn));
    }

    private static RoomGrants Create(params (string Key, Rights Rights)[] claim) =>
        RoomGrants.Create(claim.Select(entry => new KeyValuePair<string, Rights>(entry.Key, entry.Rights)))!;
}
