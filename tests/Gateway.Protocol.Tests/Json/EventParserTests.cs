// What of a client's object becomes the event's own fields.

using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class EventParserTests
{
    [Fact]
    public void An_event_keeps_its_own_members_and_loses_those_that_are_stamped()
    {
        var publish = Parse<PublishCommand>(
            "{\"type\":\"message\",\"room\":\"lobby\",\"id\":\"c-1\",\"content\":\"hi\",\"anything\":{\"you\":\"like\"},"
            + "\"seq\":9,\"epoch\":\"x\",\"senderId\":\"evil\",\"senderName\":{},\"replay\":true,\"skipped\":4}");
        Assert.Equal(("c-1", "lobby", "message", false), (publish.Id, publish.Room!.Value.Value, publish.Type, publish.Ephemeral));
        Assert.Null(publish.Key);
        Assert.Equal("\"content\":\"hi\",\"anything\":{\"you\":\"like\"}", Utf8(publish.Fields));
    }

    [Fact]
    public void A_stamped_member_is_dropped_however_its_name_is_escaped() =>
        Assert.Equal("\"b\":1", FieldsOf("{\"s\\u0065nderId\":\"evil\",\"\\u0073eq\":5,\"b\":1,\"\\u0074ype\":\"x\"}"));

    [Fact]
    public void An_object_without_type_is_a_message()
    {
        Assert.Same("message", Parse<PublishCommand>("{}").Type);
        Assert.Same("message", Parse<PublishCommand>("{\"type\":\"message\"}").Type);
        Assert.True(Parse<PublishCommand>("{}").Fields.IsEmpty);
    }

    [Fact]
    public void Values_and_names_are_kept_byte_for_byte_and_space_around_them_is_not() =>
        Assert.Equal(
            "\"n\":1.10,\"e\":-0.0E+05,\"s\":\"\\u00e9\\/\\ud800é\",\"o\":{ \"a\" : [ 1 , 2 ] },\"\\u006bk\":null,\"big\":123456789012345678901234567890",
            FieldsOf("{ \"n\" : 1.10 ,\n\t\"e\":-0.0E+05, \"s\":\"\\u00e9\\/\\ud800é\" , \"o\": { \"a\" : [ 1 , 2 ] } , \"\\u006bk\" : null,\"big\":123456789012345678901234567890}"));

    [Theory]
    [InlineData("{\"timestamp\":\"mine\",\"a\":1}", "\"sentAt\":\"mine\",\"a\":1")]
    [InlineData("{\"a\":1,\"timestamp\":[1, 2]}", "\"a\":1,\"sentAt\":[1, 2]")]
    [InlineData("{\"sentAt\":1,\"timestamp\":2}", "\"sentAt\":2")]
    [InlineData("{\"timest\\u0061mp\":2,\"s\\u0065ntAt\":1}", "\"sentAt\":2")]
    [InlineData("{\"sentAt\":1}", "\"sentAt\":1")]
    public void A_clients_own_timestamp_goes_on_as_sentAt(string frame, string fields) => Assert.Equal(fields, FieldsOf(frame));

    [Fact]
    public void Other_names_of_the_room_stay_with_the_event() =>
        Assert.Equal("\"chatId\":42,\"roomId\":\"42\",\"conversationId\":42", FieldsOf("{\"room\":42,\"chatId\":42,\"roomId\":\"42\",\"conversationId\":42}"));

    [Fact]
    public void Key_and_ephemeral_are_read_and_stay_with_the_event()
    {
        var publish = Parse<PublishCommand>("{\"ephemeral\":true,\"key\":\"pump-\\u0031\",\"v\":1}");
        Assert.True(publish.Ephemeral);
        Assert.Equal("pump-1", publish.Key);
        Assert.Equal("\"ephemeral\":true,\"key\":\"pump-\\u0031\",\"v\":1", Utf8(publish.Fields));
        Assert.False(Parse<PublishCommand>("{\"ephemeral\":false}").Ephemeral);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"true\"")]
    [InlineData("null")]
    public void An_ephemeral_that_is_no_flag_is_bad_frame(string value) =>
        Refused($"{{\"ephemeral\":{value}}}", ErrorCode.BadFrame, "ephemeral");

    [Theory]
    [InlineData("1")]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("\"\\ud800\"")]
    public void A_key_that_is_none_is_left_to_the_room_to_judge(string value)
    {
        var publish = Parse<PublishCommand>($"{{\"key\":{value}}}");
        Assert.Null(publish.Key);
        Assert.Equal($"\"key\":{value}", Utf8(publish.Fields));
    }

    [Fact]
    public void A_key_has_128_characters_and_not_129()
    {
        Assert.Equal(128, Parse<PublishCommand>($"{{\"key\":\"{new string('k', 128)}\"}}").Key!.Length);
        Assert.Null(Parse<PublishCommand>($"{{\"key\":\"{new string('k', 129)}\"}}").Key);
    }

    [Fact]
    public void What_was_parsed_outlives_the_buffer_that_it_came_in()
    {
        var buffer = "{\"type\":\"typing\",\"chatId\":42}"u8.ToArray();
        var second = "{\"type\":\"ping\",\"t\":\"keep\"}"u8.ToArray();
        var third = "{\"content\":\"keep\"}"u8.ToArray();
        var messages = new List<ClientMessage>();
        foreach (var frame in new[] { buffer, second, third })
        {
            Dialect.Parse(frame, messages);
            frame.AsSpan().Fill((byte)'?');
        }

        Assert.Equal("\"chatId\":42", Utf8(Assert.IsType<TypingCommand>(messages[0]).RoomField));
        Assert.Equal("\"keep\"", Utf8(Assert.IsType<PingCommand>(messages[1]).Echo));
        Assert.Equal("\"content\":\"keep\"", Utf8(Assert.IsType<PublishCommand>(messages[2]).Fields));
    }
}
