// What counts as a frame: the whole text, its shape, its ids and its types.

using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class JsonParserTests
{
    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{")]
    [InlineData("hello")]
    [InlineData("{\"type\":\"ping\"} x")]
    [InlineData("{\"type\":\"ping\"}{\"type\":\"ping\"}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[{\"a\":1},]")]
    [InlineData("{\"a\":1 /* no */}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":\"\u0001\"}")]
    [InlineData("{\"a\":\"\\x\"}")]
    [InlineData("\uFEFF{\"type\":\"ping\"}")]
    [InlineData("[{\"type\":\"ping\"},{\"type\":}]")]
    [InlineData("[]]")]
    [InlineData("tru")]
    public void What_is_no_json_is_one_bad_json(string frame) => Refused(frame, ErrorCode.BadJson);

    [Fact]
    public void Nesting_to_64_passes_and_to_65_is_bad_json()
    {
        Assert.IsType<PublishCommand>(Parse(Nested(64)));
        Refused(Nested(65), ErrorCode.BadJson);
    }

    [Fact]
    public void The_array_round_a_batch_counts_as_a_level()
    {
        Assert.IsType<PublishCommand>(Parse($"[{Nested(63)}]"));
        Refused($"[{Nested(64)}]", ErrorCode.BadJson);
    }

    [Fact]
    public void Bad_json_is_decided_before_anything_else() =>
        Assert.Null(Refused("[{\"id\":\"a\"},{\"type\":1,\"id\":\"b\",\"x\":}]", ErrorCode.BadJson).Id);

    [Theory]
    [InlineData("1")]
    [InlineData("\"ping\"")]
    [InlineData("null")]
    [InlineData(" true ")]
    [InlineData("[]")]
    public void What_is_no_object_is_one_bad_frame(string frame) => Refused(frame, ErrorCode.BadFrame);

    [Fact]
    public void An_array_is_handled_in_order_and_an_element_that_is_no_object_is_bad_frame()
    {
        var messages = ParseAll("[{\"type\":\"ping\",\"id\":\"1\"}, 7 ,[{}],{\"content\":\"x\",\"id\":\"2\"}]");
        Assert.Collection(
            messages,
            first => Assert.Equal("1", Assert.IsType<PingCommand>(first).Id),
            second => Assert.Equal(ErrorCode.BadFrame, Assert.IsType<InvalidMessage>(second).Code),
            third => Assert.Equal(ErrorCode.BadFrame, Assert.IsType<InvalidMessage>(third).Code),
            fourth => Assert.Equal("2", Assert.IsType<PublishCommand>(fourth).Id));
    }

    [Fact]
    public void An_array_holds_1000_objects_and_not_1001()
    {
        Assert.Equal(1000, ParseAll($"[{string.Join(',', Enumerable.Repeat("{}", 1000))}]").Count);
        Refused($"[{string.Join(',', Enumerable.Repeat("{}", 1001))}]", ErrorCode.BadFrame);
    }

    [Theory]
    [InlineData("{\"a\":1,\"b\":2,\"a\":3}", "a")]
    [InlineData("{\"a\":1,\"\\u0061\":3}", "a")]
    [InlineData("{\"type\":\"ping\",\"t\\u0079pe\":\"ping\"}", "type")]
    [InlineData("{\"room\":\"a\",\"room\":\"a\"}", "room")]
    [InlineData("{\"type\":\"join\",\"since\":1,\"since\":1}", "since")]
    [InlineData("{\"a b\":1,\"a b\":2}", null)]
    [InlineData("{\"é\":1,\"\\u00e9\":2}", null)]
    [InlineData("{\"\":1,\"\":2}", null)]
    [InlineData("{\"😀\":1,\"\\ud83d\\ude00\":2}", null)]
    [InlineData("{\"\\ud83d\":1,\"\\ud83D\":2}", null)]
    public void A_key_twice_is_bad_frame_however_it_is_escaped(string frame, string? field) =>
        Refused(frame, ErrorCode.BadFrame, field);

    [Fact]
    public void A_long_key_that_stands_twice_is_not_named()
    {
        var name = new string('k', 65);
        Refused($"{{\"{name}\":1,\"{name}\":2}}", ErrorCode.BadFrame);
        Refused($"{{\"{name[1..]}\":1,\"{name[1..]}\":2}}", ErrorCode.BadFrame, name[1..]);
    }

    [Theory]
    [InlineData("{\"A\":1,\"a\":2}")]
    [InlineData("{\"ab\":1,\"a\":2,\"b\":{\"a\":1,\"a\":2}}")]
    [InlineData("{\"\\ud83d\":1,\"\\ude00\":2,\"\\ud83d\\ude00\":3}")]
    public void Keys_that_differ_pass_and_a_key_twice_deeper_down_is_the_senders_own(string frame) =>
        Assert.IsType<PublishCommand>(Parse(frame));

    [Fact]
    public void An_object_has_2048_members_and_not_2049()
    {
        Assert.IsType<PublishCommand>(Parse(Wide(2048, "")));
        var refused = Refused(Wide(2048, ",\"id\":\"late\""), ErrorCode.BadFrame);
        Assert.Equal("late", refused.Id);
    }

    [Theory]
    [InlineData("{\"id\":\"\"}")]
    [InlineData("{\"id\":7}")]
    [InlineData("{\"id\":null}")]
    [InlineData("{\"id\":{}}")]
    [InlineData("{\"id\":\"\\ud800\"}")]
    [InlineData("{\"type\":\"ping\",\"id\":true}")]
    public void An_id_that_is_none_is_bad_frame_and_not_repeated(string frame) =>
        Assert.Null(Refused(frame, ErrorCode.BadFrame, "id").Id);

    [Fact]
    public void An_id_has_128_characters_and_not_129()
    {
        Assert.Equal(new string('x', 128), Parse($"{{\"id\":\"{new string('x', 128)}\"}}").Id);
        Assert.Equal(256, Parse($"{{\"id\":\"{string.Concat(Enumerable.Repeat("😀", 128))}\"}}").Id!.Length);
        Assert.Equal(new string('x', 128), Parse($"{{\"id\":\"{string.Concat(Enumerable.Repeat("\\u0078", 128))}\"}}").Id);
        Refused($"{{\"id\":\"{new string('x', 129)}\"}}", ErrorCode.BadFrame, "id");
        Refused($"{{\"id\":\"{string.Concat(Enumerable.Repeat("é", 129))}\"}}", ErrorCode.BadFrame, "id");
        Refused($"{{\"id\":\"{string.Concat(Enumerable.Repeat("\\u0078", 129))}\"}}", ErrorCode.BadFrame, "id");
    }

    [Theory]
    [InlineData("{\"type\":7,\"id\":\"c\\u002d1\"}")]
    [InlineData("{\"id\":\"c-1\",\"type\":\"gw.x\"}")]
    [InlineData("{\"room\":\"?\",\"id\":\"c-1\"}")]
    [InlineData("{\"a\":1,\"a\":2,\"id\":\"c-1\"}")]
    [InlineData("{\"type\":\"read\",\"id\":\"c-1\"}")]
    public void An_error_bears_the_id_wherever_it_stood(string frame) =>
        Assert.Equal("c-1", Parse<InvalidMessage>(frame).Id);

    [Fact]
    public void An_id_that_stands_twice_is_not_borne() =>
        Assert.Null(Refused("{\"id\":\"a\",\"id\":\"b\"}", ErrorCode.BadFrame, "id").Id);

    [Theory]
    [InlineData("{\"type\":7}")]
    [InlineData("{\"type\":\"\"}")]
    [InlineData("{\"type\":null}")]
    [InlineData("{\"type\":[\"ping\"]}")]
    [InlineData("{\"type\":\"\\udc00\"}")]
    public void A_type_that_is_none_is_bad_frame(string frame) => Refused(frame, ErrorCode.BadFrame, "type");

    [Fact]
    public void A_type_has_128_characters_and_not_129()
    {
        Assert.Equal(new string('x', 128), Parse<PublishCommand>($"{{\"type\":\"{new string('x', 128)}\"}}").Type);
        Refused($"{{\"type\":\"{new string('x', 129)}\"}}", ErrorCode.BadFrame, "type");
    }

    [Theory]
    [InlineData("welcome")]
    [InlineData("joined")]
    [InlineData("left")]
    [InlineData("ack")]
    [InlineData("error")]
    [InlineData("gap")]
    [InlineData("lagging")]
    [InlineData("degraded")]
    [InlineData("restored")]
    [InlineData("snapshot")]
    [InlineData("presence_digest")]
    [InlineData("user_joined")]
    [InlineData("user_left")]
    [InlineData("receipt")]
    [InlineData("token_expiring")]
    [InlineData("reconnect")]
    [InlineData("gw.")]
    [InlineData("gw.anything.that.is.longer.than.the.names")]
    [InlineData("\\u0061ck")]
    [InlineData("g\\u0077.x")]
    [InlineData("g\\u0077.anything.that.is.longer.than.the.names")]
    [InlineData("gw.\\u00e9")]
    public void The_servers_types_are_reserved(string type) =>
        Refused($"{{\"type\":\"{type}\"}}", ErrorCode.ReservedType, "type");

    [Theory]
    [InlineData("gw")]
    [InlineData("Ack")]
    [InlineData("acks")]
    [InlineData("message")]
    [InlineData("user_joinee")]
    [InlineData("Ping")]
    [InlineData("chat message")]
    public void Any_other_type_is_an_event(string type) =>
        Assert.Equal(type, Parse<PublishCommand>($"{{\"type\":\"{type}\"}}").Type);

    [Fact]
    public void What_is_refused_is_never_repeated()
    {
        const string secret = "s3cr3t?";
        foreach (var frame in new[]
                 {
                     $"{{\"type\":\"{secret}\",\"room\":\"{secret}\"}}", $"{{\"{secret}\":1,\"{secret}\":2}}", $"{{\"id\":[\"{secret}\"]}}",
                     $"{{\"type\":\"gw.{secret}\"}}", $"{{\"type\":\"join\",\"since\":\"{secret}\"}}", $"\"{secret}\"", secret,
                 })
        {
            var invalid = Parse<InvalidMessage>(frame);
            Assert.DoesNotContain(secret, invalid.ToString(), StringComparison.Ordinal);
        }
    }

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1);

    private static string Wide(int members, string more) =>
        "{" + string.Join(',', Enumerable.Range(0, members).Select(i => $"\"m{i}\":{i}")) + more + "}";
}
