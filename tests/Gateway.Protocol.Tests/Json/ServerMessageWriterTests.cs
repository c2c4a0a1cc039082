// Every message of the server, letter for letter as the wire contract shows it.

using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class ServerMessageWriterTests
{
    private static readonly DateTimeOffset NewYear = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    private static readonly RoomEvent Event = new()
    {
        Room = Lobby,
        Type = "message",
        Id = "c-1",
        SenderId = "u1",
        SenderName = "Ann",
        Fields = "\"content\":\"hi\""u8.ToArray(),
        Seq = 58,
        Epoch = "k3",
        TimestampMs = NewYear.ToUnixTimeMilliseconds(),
    };

    [Fact]
    public void Welcome() => Assert.Equal(
        """{"type":"welcome","session":"s","resumed":false,"userId":"u1","name":"Ann","node":"n","time":"2026-01-01T00:00:00.000Z","heartbeatMs":20000,"graceMs":12000,"maxFrameBytes":65536}""",
        Write(new Welcome(null, "s", false, "u1", "Ann", "n", NewYear, 20000, 12000, 65536)));

    [Fact]
    public void Auth_renewed_and_token_expiring()
    {
        Assert.Equal("""{"type":"auth","id":"a","expiresInMs":3600000}""", Write(new AuthRenewed("a", 3600000)));
        Assert.Equal("""{"type":"token_expiring","inMs":59999}""", Write(new TokenExpiring(59999)));
    }

    [Fact]
    public void Joined_with_all_it_may_bear() => Assert.Equal(
        """{"type":"joined","id":"j","room":"lobby","seq":57,"epoch":"k3","recovered":true,"count":3,"users":[{"userId":"u1","name":"Ann","since":"2026-01-01T00:00:00.000Z","devices":1},{"userId":"u2","name":"Bob","since":"2026-01-01T00:00:00.000Z","devices":2}],"receipts":[{"userId":"u2","status":"read","seq":58},{"userId":"u3","status":"delivered","seq":1}]}""",
        Write(new Joined("j", Lobby, 57, "k3", true, 3,
            [new PresentUser("u1", "Ann", NewYear, 1), new PresentUser("u2", "Bob", NewYear, 2)],
            [new ReceiptCursor("u2", ReceiptStatus.Read, 58), new ReceiptCursor("u3", ReceiptStatus.Delivered, 1)])));

    [Fact]
    public void Joined_leaves_out_what_it_has_not()
    {
        Assert.Equal("""{"type":"joined","room":"telemetry:p1","count":0}""", Write(new Joined(null, RoomName.Parse("telemetry:p1"), null, null, null, 0, null, null)));
        Assert.Equal(
            """{"type":"joined","room":"lobby","seq":0,"epoch":"k","recovered":false,"count":1,"users":[],"receipts":[]}""",
            Write(new Joined(null, Lobby, 0, "k", false, 1, [], [])));
    }

    [Fact]
    public void Left()
    {
        Assert.Equal("""{"type":"left","id":"l","room":"lobby"}""", Write(new Left("l", Lobby)));
        Assert.Equal("""{"type":"left","room":"lobby"}""", Write(new Left(null, Lobby)));
    }

    [Fact]
    public void Ack_in_its_three_forms()
    {
        Assert.Equal("""{"type":"ack","id":"c-1","room":"lobby","seq":58,"epoch":"k3","timestamp":"2026-01-01T00:00:00.000Z"}""", Write(new Ack("c-1", Lobby, 58, "k3", NewYear, false)));
        Assert.Equal("""{"type":"ack","id":"c-1","room":"lobby","seq":58,"epoch":"k3","timestamp":"2026-01-01T00:00:00.000Z","duplicate":true}""", Write(new Ack("c-1", Lobby, 58, "k3", NewYear, true)));
        Assert.Equal("""{"type":"ack","id":"c-1","room":"lobby","timestamp":"2026-01-01T00:00:00.000Z"}""", Write(new Ack("c-1", Lobby, null, null, NewYear, false)));
    }

    [Fact]
    public void Error_bare_and_with_all_it_may_bear()
    {
        Assert.Equal("""{"type":"error","code":"bad_json","message":"m"}""", Write(new ErrorMessage(null, ErrorCode.BadJson, "m")));
        Assert.Equal(
            """{"type":"error","code":"degraded","message":"m","field":"f","id":"i","room":"lobby","retryAfterMs":900,"unknown":true}""",
            Write(new ErrorMessage("i", ErrorCode.Degraded, "m", "f", Lobby, 900, true)));
    }

    [Theory]
    [InlineData(ErrorCode.BadJson, "bad_json")]
    [InlineData(ErrorCode.BadFrame, "bad_frame")]
    [InlineData(ErrorCode.BadRoom, "bad_room")]
    [InlineData(ErrorCode.ReservedType, "reserved_type")]
    [InlineData(ErrorCode.Unauthorized, "unauthorized")]
    [InlineData(ErrorCode.Forbidden, "forbidden")]
    [InlineData(ErrorCode.NotJoined, "not_joined")]
    [InlineData(ErrorCode.RateLimited, "rate_limited")]
    [InlineData(ErrorCode.Limit, "limit")]
    [InlineData(ErrorCode.RoomFull, "room_full")]
    [InlineData(ErrorCode.Busy, "busy")]
    [InlineData(ErrorCode.Degraded, "degraded")]
    [InlineData(ErrorCode.Unsupported, "unsupported")]
    public void Error_codes(ErrorCode code, string name) =>
        Assert.Contains($"\"code\":\"{name}\"", Write(new ErrorMessage(null, code, "m")), StringComparison.Ordinal);

    [Fact]
    public void Gap_for_its_three_reasons()
    {
        Assert.Equal("""{"type":"gap","room":"lobby","epoch":"k4","from":6,"to":8,"reason":"trimmed"}""", Write(new Gap(Lobby, "k4", 6, 8, GapReason.Trimmed)));
        Assert.Equal("""{"type":"gap","room":"lobby","epoch":"k4","from":6,"to":8,"reason":"rolled_back"}""", Write(new Gap(Lobby, "k4", 6, 8, GapReason.RolledBack)));
        Assert.Equal("""{"type":"gap","room":"lobby","epoch":"k4","reason":"reset"}""", Write(new Gap(Lobby, "k4", null, null, GapReason.Reset)));
    }

    [Fact]
    public void Lagging_degraded_restored_and_reconnect()
    {
        Assert.Equal("""{"type":"lagging","room":"lobby"}""", Write(new Lagging(Lobby)));
        Assert.Equal("""{"type":"degraded","since":"2026-01-01T00:00:00.000Z"}""", Write(new Degraded(NewYear)));
        Assert.Equal("""{"type":"restored"}""", Write(new Restored()));
        Assert.Equal("""{"type":"reconnect","afterMs":1500}""", Write(new Reconnect(1500)));
    }

    [Fact]
    public void Pong_repeats_t_as_it_was_written()
    {
        Assert.Equal(
            """{"type":"pong","id":"p","t":1.50,"time":"2026-01-01T00:00:00.000Z","heads":{"lobby":58,"news:a":9007199254740993}}""",
            Write(new Pong("p", "1.50"u8.ToArray(), NewYear, [new RoomHead(Lobby, 58), new RoomHead(RoomName.Parse("news:a"), 9007199254740993)])));
        Assert.Equal("""{"type":"pong","time":"2026-01-01T00:00:00.000Z","heads":{}}""", Write(new Pong(null, default, NewYear, [])));
    }

    [Fact]
    public void History_bears_its_events_without_replay()
    {
        const string first = """{"type":"message","room":"lobby","id":"c-1","seq":58,"epoch":"k3","senderId":"u1","senderName":"Ann","timestamp":"2026-01-01T00:00:00.000Z","content":"hi"}""";
        Assert.Equal(
            "{\"type\":\"history\",\"id\":\"h\",\"room\":\"lobby\",\"events\":[" + first + "," + first.Replace("58", "59", StringComparison.Ordinal) + "],\"more\":true}",
            Write(new HistoryAnswer("h", Lobby, [Event, Event with { Seq = 59 }], true)));
        Assert.Equal("""{"type":"history","room":"lobby","events":[],"more":false}""", Write(new HistoryAnswer(null, Lobby, [], false)));
    }

    [Fact]
    public void Snapshot_says_more_on_all_but_the_last()
    {
        var room = RoomName.Parse("telemetry:p1");
        const string value = """{"type":"message","room":"telemetry:p1","id":"c-1","senderId":"u1","senderName":"Ann","timestamp":"2026-01-01T00:00:00.000Z","content":"hi"}""";
        Assert.Equal("{\"type\":\"snapshot\",\"room\":\"telemetry:p1\",\"events\":[" + value + "],\"more\":true}", Write(new Snapshot(room, [Event with { Room = room, Seq = 0 }], true)));
        Assert.Equal("""{"type":"snapshot","room":"telemetry:p1","events":[]}""", Write(new Snapshot(room, [], false)));
    }

    [Fact]
    public void Presence_with_and_without_users()
    {
        Assert.Equal(
            """{"type":"presence","id":"q","room":"lobby","count":1,"users":[{"userId":"u1","name":"Ann","since":"2026-01-01T00:00:00.000Z","devices":1}]}""",
            Write(new PresenceAnswer("q", Lobby, 1, [new PresentUser("u1", "Ann", NewYear, 1)])));
        Assert.Equal("""{"type":"presence","room":"lobby","count":5120}""", Write(new PresenceAnswer(null, Lobby, 5120, null)));
    }

    [Fact]
    public void User_joined_user_left_and_the_digest()
    {
        Assert.Equal("""{"type":"user_joined","room":"lobby","userId":"u1","name":"Ann","timestamp":"2026-01-01T00:00:00.000Z","count":3}""", Write(new UserJoined(Lobby, "u1", "Ann", NewYear, 3)));
        foreach (var (reason, name) in new[] { (LeaveReason.Left, "left"), (LeaveReason.Timeout, "timeout"), (LeaveReason.Kicked, "kicked") })
            Assert.Equal($$"""{"type":"user_left","room":"lobby","userId":"u1","timestamp":"2026-01-01T00:00:00.000Z","count":2,"reason":"{{name}}"}""", Write(new UserLeft(Lobby, "u1", NewYear, 2, reason)));
        Assert.Equal("""{"type":"presence_digest","room":"lobby","count":5120,"joined":12,"left":3}""", Write(new PresenceDigest(Lobby, 5120, 12, 3)));
    }

    [Fact]
    public void Receipt()
    {
        Assert.Equal("""{"type":"receipt","room":"lobby","userId":"u2","status":"delivered","seq":58}""", Write(new Receipt(Lobby, "u2", ReceiptStatus.Delivered, 58)));
        Assert.Equal("""{"type":"receipt","room":"lobby","userId":"u2","status":"read","seq":58}""", Write(new Receipt(Lobby, "u2", ReceiptStatus.Read, 58)));
    }

    [Fact]
    public void Typing_starts_in_one_form_and_ends_in_two()
    {
        Assert.Equal("""{"type":"typing","room":"lobby","userId":"u1","name":"Ann","isTyping":true}""", Write(new Typing(Lobby, "u1", "Ann", true, false, default)));
        Assert.Equal("""{"type":"typing","room":"lobby","userId":"u1","name":"Ann","isTyping":true}""", Write(new Typing(Lobby, "u1", "Ann", true, true, default)));
        Assert.Equal("""{"type":"stop_typing","room":"lobby","userId":"u1","name":"Ann","isTyping":false}""", Write(new Typing(Lobby, "u1", "Ann", false, false, default)));
        Assert.Equal("""{"type":"typing","room":"lobby","userId":"u1","name":"Ann","isTyping":false}""", Write(new Typing(Lobby, "u1", "Ann", false, true, default)));
    }

    [Fact]
    public void Typing_repeats_the_field_that_named_the_room()
    {
        var command = Parse<TypingCommand>("{\"type\":\"typing\",\"chatId\":42}");
        Assert.Equal(
            """{"type":"typing","room":"42","chatId":42,"userId":"u1","name":"Ann","isTyping":true}""",
            Write(new Typing(command.Room!.Value, "u1", "Ann", command.Started, command.CarriedFlag, command.RoomField)));
    }

    [Fact]
    public void Every_message_has_a_form()
    {
        var kinds = typeof(ServerMessage).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ServerMessage)) && !t.IsAbstract);
        foreach (var kind in kinds)
        {
            var message = (ServerMessage)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(kind);
            var failure = Record.Exception(() => Dialect.Write(message, new System.Buffers.ArrayBufferWriter<byte>()));
            Assert.False(failure is ArgumentException, kind.Name);
        }
    }
}
