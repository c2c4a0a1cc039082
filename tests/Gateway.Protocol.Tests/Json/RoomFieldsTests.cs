// Which room a frame names, by any of the four fields.

using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class RoomFieldsTests
{
    [Theory]
    [InlineData("\"room\":\"lobby\"", "lobby")]
    [InlineData("\"roomId\":\"chat:lobby\"", "lobby")]
    [InlineData("\"chatId\":42", "42")]
    [InlineData("\"conversationId\":-7", "-7")]
    [InlineData("\"room\":\"l\\u006fbby\"", "lobby")]
    [InlineData("\"r\\u006fom\":\"lobby\"", "lobby")]
    [InlineData("\"room\":\"user:ann|x+y=~\"", "user:ann|x+y=~")]
    [InlineData("\"room\":\"telemetry:a:b\"", "telemetry:a:b")]
    [InlineData("\"room\":\"chat:42\",\"chatId\":42", "42")]
    [InlineData("\"chatId\":123456789012345678901234567890", "123456789012345678901234567890")]
    public void A_room_is_text_or_a_whole_number_under_any_of_its_names(string members, string room)
    {
        Assert.Equal(room, Parse<JoinCommand>($"{{\"type\":\"join\",{members}}}").Room!.Value.Value);
        Assert.Equal(room, Parse<PublishCommand>($"{{{members}}}").Room!.Value.Value);
    }

    [Fact]
    public void No_room_means_the_default_one() => Assert.Null(Parse<LeaveCommand>("{\"type\":\"leave\"}").Room);

    [Theory]
    [InlineData("\"room\":\"\"", "room")]
    [InlineData("\"room\":null", "room")]
    [InlineData("\"room\":true", "room")]
    [InlineData("\"roomId\":1.0", "roomId")]
    [InlineData("\"chatId\":1e3", "chatId")]
    [InlineData("\"conversationId\":{}", "conversationId")]
    [InlineData("\"room\":\"a b\"", "room")]
    [InlineData("\"room\":\"é\"", "room")]
    [InlineData("\"room\":\"\\ud800\"", "room")]
    [InlineData("\"room\":\":a\"", "room")]
    [InlineData("\"room\":\"a:\"", "room")]
    [InlineData("\"room\":\"chat:a:b\"", "room")]
    [InlineData("\"room\":\"telemetry:a|b\"", "room")]
    [InlineData("\"room\":\"a\",\"chatId\":\"b\"", "chatId")]
    [InlineData("\"chatId\":1,\"roomId\":2", "roomId")]
    [InlineData("\"room\":\"a\",\"chatId\":null", "chatId")]
    public void Anything_else_is_bad_room(string members, string field)
    {
        Refused($"{{\"type\":\"join\",{members}}}", ErrorCode.BadRoom, field);
        Refused($"{{{members}}}", ErrorCode.BadRoom, field);
    }

    [Fact]
    public void A_room_name_has_200_characters_and_not_201()
    {
        Assert.IsType<JoinCommand>(Parse($"{{\"type\":\"join\",\"room\":\"{new string('r', 200)}\"}}"));
        Refused($"{{\"type\":\"join\",\"room\":\"{new string('r', 201)}\"}}", ErrorCode.BadRoom, "room");
        Refused($"{{\"type\":\"join\",\"room\":1{new string('0', 200)}}}", ErrorCode.BadRoom, "room");
    }
}
