// Every command with its fields, what they may hold, and what is refused.

using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class CommandParserTests
{
    [Fact]
    public void A_join_bears_position_or_history()
    {
        var join = Parse<JoinCommand>("{\"type\":\"join\",\"room\":\"lobby\",\"since\":12,\"epoch\":\"k3\",\"history\":7,\"id\":\"j\",\"own\":{}}");
        Assert.Equal(new JoinCommand("j", RoomName.Parse("lobby"), 12, "k3", 7), join);
        Assert.Equal(new JoinCommand(null, null, null, null, null), Parse("{\"type\":\"join\"}"));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("500", 500)]
    [InlineData("5000", 5000)]
    [InlineData("99999999999999999999999999", int.MaxValue)]
    public void A_joins_history_has_no_bound_but_the_history_itself(string value, int expected) =>
        Assert.Equal(expected, Parse<JoinCommand>($"{{\"type\":\"join\",\"history\":{value}}}").History);

    [Theory]
    [InlineData("\"since\":-1", "since")]
    [InlineData("\"since\":1.5", "since")]
    [InlineData("\"since\":1e3", "since")]
    [InlineData("\"since\":\"1\"", "since")]
    [InlineData("\"since\":null", "since")]
    [InlineData("\"since\":9223372036854775808", "since")]
    [InlineData("\"epoch\":\"\"", "epoch")]
    [InlineData("\"epoch\":3", "epoch")]
    [InlineData("\"epoch\":\"\\udfff\"", "epoch")]
    [InlineData("\"history\":-1", "history")]
    [InlineData("\"history\":1.5", "history")]
    [InlineData("\"history\":\"5\"", "history")]
    public void A_join_with_a_wrong_field_is_bad_frame(string member, string field) =>
        Refused($"{{\"type\":\"join\",\"room\":\"a\",{member}}}", ErrorCode.BadFrame, field);

    [Fact]
    public void The_largest_position_passes() =>
        Assert.Equal(long.MaxValue, Parse<JoinCommand>("{\"type\":\"join\",\"since\":9223372036854775807}").Since);

    [Fact]
    public void An_unsubscribe_is_a_leave_that_says_so()
    {
        Assert.Equal(new LeaveCommand("1", RoomName.Parse("a"), true), Parse("{\"type\":\"unsubscribe\",\"room\":\"a\",\"id\":\"1\"}"));
        Assert.Equal(new LeaveCommand("1", RoomName.Parse("a")), Parse("{\"type\":\"leave\",\"room\":\"a\",\"id\":\"1\"}"));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1.50")]
    [InlineData("{\"a\":[1, 2]}")]
    [InlineData("\"\\u0061\"")]
    [InlineData("null")]
    public void A_pings_t_is_kept_as_it_was_written(string value) =>
        Assert.Equal(value, Utf8(Parse<PingCommand>($"{{\"type\":\"ping\",\"t\": {value} }}").Echo));

    [Fact]
    public void A_pings_t_takes_256_bytes_and_not_257()
    {
        Assert.Equal(256, Parse<PingCommand>($"{{\"type\":\"ping\",\"t\":\"{new string('x', 254)}\"}}").Echo.Length);
        Refused($"{{\"type\":\"ping\",\"t\":\"{new string('x', 255)}\"}}", ErrorCode.BadFrame, "t");
        Assert.True(Parse<PingCommand>("{\"type\":\"ping\"}").Echo.IsEmpty);
    }

    [Fact]
    public void A_history_pages_either_way()
    {
        Assert.Equal(new HistoryCommand(null, null, null, null, 50), Parse("{\"type\":\"history\"}"));
        Assert.Equal(new HistoryCommand(null, null, 58, null, 500), Parse("{\"type\":\"history\",\"before\":58,\"limit\":500}"));
        Assert.Equal(new HistoryCommand(null, null, null, 0, 1), Parse("{\"type\":\"history\",\"after\":0,\"limit\":1}"));
    }

    [Theory]
    [InlineData("\"limit\":0", "limit")]
    [InlineData("\"limit\":501", "limit")]
    [InlineData("\"limit\":99999999999999999999", "limit")]
    [InlineData("\"limit\":\"5\"", "limit")]
    [InlineData("\"before\":-1", "before")]
    [InlineData("\"after\":true", "after")]
    [InlineData("\"before\":9,\"after\":1", "after")]
    public void A_history_with_a_wrong_field_is_bad_frame(string member, string field) =>
        Refused($"{{\"type\":\"history\",{member}}}", ErrorCode.BadFrame, field);

    [Fact]
    public void A_presence_asks_for_a_room() =>
        Assert.Equal(new PresenceCommand(null, RoomName.Parse("a")), Parse("{\"type\":\"presence\",\"room\":\"a\"}"));

    [Theory]
    [InlineData("{\"type\":\"typing\"}", true, false)]
    [InlineData("{\"type\":\"typing\",\"isTyping\":true}", true, true)]
    [InlineData("{\"type\":\"typing\",\"isTyping\":false}", false, true)]
    [InlineData("{\"type\":\"stop_typing\"}", false, false)]
    public void Typing_starts_and_ends_in_two_forms(string frame, bool started, bool carriedFlag)
    {
        var typing = Parse<TypingCommand>(frame);
        Assert.Equal((started, carriedFlag), (typing.Started, typing.CarriedFlag));
    }

    [Theory]
    [InlineData("\"chatId\" : 42", "\"chatId\":42")]
    [InlineData("\"room\":\"42\",\"roomId\":\"42\",\"chatId\":42", "\"roomId\":\"42\"")]
    [InlineData("\"conversationId\":\"\\u0034\"", "\"conversationId\":\"\\u0034\"")]
    [InlineData("\"room\":\"42\"", "")]
    [InlineData("\"x\":1", "")]
    public void Typing_keeps_the_field_that_named_the_room(string members, string kept)
    {
        Assert.Equal(kept, Utf8(Parse<TypingCommand>($"{{\"type\":\"typing\",{members}}}").RoomField));
        Assert.Equal(kept, Utf8(Parse<TypingCommand>($"{{\"type\":\"stop_typing\",{members}}}").RoomField));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"true\"")]
    [InlineData("null")]
    public void A_typing_flag_is_true_or_false(string value) =>
        Refused($"{{\"type\":\"typing\",\"isTyping\":{value}}}", ErrorCode.BadFrame, "isTyping");

    [Fact]
    public void A_receipt_names_a_position()
    {
        Assert.Equal(new ReceiptCommand(null, RoomName.Parse("a"), ReceiptStatus.Delivered, 58), Parse("{\"type\":\"delivered\",\"room\":\"a\",\"seq\":58}"));
        Assert.Equal(new ReceiptCommand(null, null, ReceiptStatus.Read, 1), Parse("{\"type\":\"read\",\"seq\":1}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"seq\":0")]
    [InlineData(",\"seq\":-0")]
    [InlineData(",\"seq\":\"1\"")]
    [InlineData(",\"seq\":1.0")]
    public void A_receipt_without_a_position_is_bad_frame(string member) =>
        Refused($"{{\"type\":\"read\"{member}}}", ErrorCode.BadFrame, "seq");

    [Fact]
    public void A_subscribe_bears_its_options()
    {
        var subscribe = Parse<SubscribeCommand>("{\"type\":\"subscribe\",\"room\":\"telemetry:p1\",\"maxRate\":0.5,\"keys\":[\"pump-*\",\"*\",\"a\\u0062\"]}");
        Assert.Equal(0.5, subscribe.MaxRate);
        Assert.Equal(["pump-*", "*", "ab"], subscribe.Keys);
        var plain = Parse<SubscribeCommand>("{\"type\":\"subscribe\",\"maxRate\":60}");
        Assert.Equal(60, plain.MaxRate);
        Assert.Null(plain.Keys);
    }

    [Theory]
    [InlineData("\"maxRate\":0", "maxRate")]
    [InlineData("\"maxRate\":-1", "maxRate")]
    [InlineData("\"maxRate\":60.1", "maxRate")]
    [InlineData("\"maxRate\":1e999", "maxRate")]
    [InlineData("\"maxRate\":1e-999", "maxRate")]
    [InlineData("\"maxRate\":\"5\"", "maxRate")]
    [InlineData("\"maxRate\":null", "maxRate")]
    [InlineData("\"keys\":[]", "keys")]
    [InlineData("\"keys\":\"a\"", "keys")]
    [InlineData("\"keys\":[1]", "keys")]
    [InlineData("\"keys\":[\"\"]", "keys")]
    [InlineData("\"keys\":[\"a*b\"]", "keys")]
    [InlineData("\"keys\":[\"a**\"]", "keys")]
    [InlineData("\"keys\":[\"*a*\"]", "keys")]
    [InlineData("\"keys\":[\"a\",[\"b\"]]", "keys")]
    [InlineData("\"keys\":[\"\\ud800\"]", "keys")]
    public void A_subscribe_with_a_wrong_option_is_bad_frame(string member, string field) =>
        Refused($"{{\"type\":\"subscribe\",\"room\":\"telemetry:p1\",{member}}}", ErrorCode.BadFrame, field);

    [Fact]
    public void A_subscribe_takes_100_keys_of_128_characters_and_no_more()
    {
        var key = $"\"{new string('k', 128)}\"";
        Assert.Equal(100, Parse<SubscribeCommand>(Subscribe(Enumerable.Repeat(key, 100))).Keys!.Count);
        Refused(Subscribe(Enumerable.Repeat(key, 101)), ErrorCode.BadFrame, "keys");
        Refused(Subscribe([$"\"{new string('k', 129)}\""]), ErrorCode.BadFrame, "keys");
    }

    [Fact]
    public void Numbers_of_any_length_are_judged_and_never_throw()
    {
        var digits = new string('9', 60_000);
        foreach (var number in new[] { digits, $"0.{digits}e-{digits}", $"1e{digits}", $"1e-{digits}", $"-{digits}.5", $"5e{int.MaxValue}9" })
        {
            Refused($"{{\"type\":\"subscribe\",\"maxRate\":{number}}}", ErrorCode.BadFrame, "maxRate");
            Refused($"{{\"type\":\"read\",\"seq\":{number}}}", ErrorCode.BadFrame, "seq");
            Refused($"{{\"type\":\"join\",\"room\":{number}}}", ErrorCode.BadRoom, "room");
        }

        Assert.Equal(5, Parse<SubscribeCommand>($"{{\"type\":\"subscribe\",\"maxRate\":5.{new string('0', 60_000)}}}").MaxRate);
    }

    [Fact]
    public void An_auth_bears_a_token_of_8192_characters_at_most()
    {
        Assert.Equal(new AuthCommand(null, "x.y.z"), Parse("{\"type\":\"auth\",\"token\":\"x.y.z\"}"));
        Assert.Equal(8192, Parse<AuthCommand>($"{{\"type\":\"auth\",\"token\":\"{new string('x', 8192)}\"}}").Token.Length);
        Refused($"{{\"type\":\"auth\",\"token\":\"{new string('x', 8193)}\"}}", ErrorCode.BadFrame, "token");
        Refused("{\"type\":\"auth\"}", ErrorCode.BadFrame, "token");
        Refused("{\"type\":\"auth\",\"token\":5}", ErrorCode.BadFrame, "token");
    }

    [Fact]
    public void A_command_whose_type_is_escaped_is_still_that_command() =>
        Assert.IsType<PingCommand>(Parse("{\"typ\\u0065\":\"p\\u0069ng\"}"));

    private static string Subscribe(IEnumerable<string> keys) =>
        $"{{\"type\":\"subscribe\",\"room\":\"telemetry:p1\",\"keys\":[{string.Join(',', keys)}]}}";
}
