// The command resume: its session and the positions it names.

using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class ResumeParserTests
{
    [Fact]
    public void A_resume_bears_a_position_for_each_room()
    {
        var resume = Parse<ResumeCommand>(
            "{\"type\":\"resume\",\"session\":\"s-1\",\"rooms\":{\"lobby\":{\"since\":58,\"epoch\":\"k3\"},\"chat:a\":{},\"telemetry:\\u0070\":{\"x\":[]}}}");
        Assert.Equal("s-1", resume.Session);
        Assert.Equal(
            [
                new ResumePosition(RoomName.Parse("lobby"), 58, "k3"),
                new ResumePosition(RoomName.Parse("a"), null, null),
                new ResumePosition(RoomName.Parse("telemetry:p"), null, null),
            ],
            resume.Rooms);
    }

    [Fact]
    public void A_resume_may_name_no_room() =>
        Assert.Empty(Parse<ResumeCommand>("{\"type\":\"resume\",\"session\":\"s\"}").Rooms);

    [Theory]
    [InlineData("\"x\":1", "session")]
    [InlineData("\"session\":\"\"", "session")]
    [InlineData("\"session\":1", "session")]
    [InlineData("\"session\":\"s\",\"rooms\":[]", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":null", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":5}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{\"since\":-1}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{\"since\":\"1\"}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{\"epoch\":\"\"}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{\"epoch\":7}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{\"since\":1,\"sinc\\u0065\":1}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{\"epoch\":\"e\",\"epoch\":\"e\"}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{},\"a\":{}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{},\"\\u0061\":{}}", "rooms")]
    [InlineData("\"session\":\"s\",\"rooms\":{\"a\":{},\"chat:a\":{}}", "rooms")]
    public void A_resume_with_a_wrong_field_is_bad_frame(string members, string field) =>
        Refused($"{{\"type\":\"resume\",{members}}}", ErrorCode.BadFrame, field);

    [Theory]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("chat:a:b")]
    [InlineData("\\ud800")]
    public void A_resume_that_names_no_room_name_is_bad_room(string name) =>
        Refused($"{{\"type\":\"resume\",\"session\":\"s\",\"rooms\":{{\"{name}\":{{}}}}}}", ErrorCode.BadRoom, "rooms");

    [Fact]
    public void A_resume_names_1000_rooms_and_not_1001()
    {
        Assert.Equal(1000, Parse<ResumeCommand>(Resume(1000)).Rooms.Count);
        Refused(Resume(1001), ErrorCode.BadFrame, "rooms");
    }

    private static string Resume(int rooms) =>
        "{\"type\":\"resume\",\"session\":\"s\",\"rooms\":{" + string.Join(',', Enumerable.Range(0, rooms).Select(i => $"\"r{i}\":{{}}")) + "}}";
}
