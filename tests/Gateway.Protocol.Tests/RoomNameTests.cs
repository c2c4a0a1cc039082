// What a room may be called, and how its name reads canonically.

namespace Gateway.Protocol.Tests;

public sealed class RoomNameTests
{
    [Theory]
    [InlineData("lobby", "lobby", "chat", "lobby", "chat:lobby")]
    [InlineData("chat:lobby", "lobby", "chat", "lobby", "chat:lobby")]
    [InlineData("telemetry:p1", "telemetry:p1", "telemetry", "p1", "telemetry:p1")]
    [InlineData("telemetry:a:b", "telemetry:a:b", "telemetry", "a:b", "telemetry:a:b")]
    [InlineData("user:guest:ann", "user:guest:ann", "user", "guest:ann", "user:guest:ann")]
    [InlineData("user:auth0|x+y=~", "user:auth0|x+y=~", "user", "auth0|x+y=~", "user:auth0|x+y=~")]
    [InlineData("A.b_c-d@9", "A.b_c-d@9", "chat", "A.b_c-d@9", "chat:A.b_c-d@9")]
    public void A_name_has_a_namespace_and_one_spelling(string text, string value, string space, string local, string qualified)
    {
        Assert.True(RoomName.TryParse(text, out var room));
        Assert.Equal((value, space, local, qualified), (room.Value, room.Namespace, room.LocalName, room.Qualified));
        Assert.True(RoomName.TryParse(room.Qualified, out var again));
        Assert.Equal(room, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":a")]
    [InlineData("a:")]
    [InlineData("chat:")]
    [InlineData("chat::a")]
    [InlineData("chat:a:b")]
    [InlineData("a b")]
    [InlineData("a|b")]
    [InlineData("telemetry:a|b")]
    [InlineData("user:a b")]
    [InlineData("é")]
    [InlineData("a/b")]
    public void Anything_else_is_no_name(string? text) => Assert.False(RoomName.TryParse(text, out _));

    [Fact]
    public void A_name_has_200_characters_and_a_users_id_128()
    {
        Assert.True(RoomName.TryParse(new string('r', 200), out _));
        Assert.False(RoomName.TryParse(new string('r', 201), out _));
        Assert.True(RoomName.TryParse("user:" + new string('u', 128), out _));
        Assert.False(RoomName.TryParse("user:" + new string('u', 129), out _));
    }

    [Fact]
    public void The_room_of_a_user_is_the_one_its_name_reads_as() =>
        Assert.Equal(RoomName.Parse("user:ann"), RoomName.OfUser("ann"));
}
