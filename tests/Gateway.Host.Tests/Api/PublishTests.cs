// PROTOCOL §9: publishing by backends, one event at a time, to many rooms, to a user.

using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Host.Tests.Doubles;

namespace Gateway.Host.Tests.Api;

public sealed class PublishTests : IAsyncLifetime
{
    private BackendServer _server = null!;

    public async Task InitializeAsync() =>
        _server = await BackendServer.Start("Development", null, "Gateway:Limits:FrameBytes=1024", "Gateway:Namespaces:chat:EphemeralTypes=blink");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_event_is_answered_with_the_fields_of_its_ack()
    {
        var answer = await _server.Post("/v1/rooms/lobby/events", """{"type":"order","id":"o-1","total":1.10,"nested":{"a":[1]}}""");
        Assert.Equal("""{"id":"o-1","room":"lobby","seq":1,"epoch":"k1","timestamp":"2026-01-01T00:00:00.000Z"}""", await Text(answer, 200));
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var published = Assert.Single(_server.Engine.Published);
        Assert.Equal("""
            "total":1.10,"nested":{"a":[1]}
            """, Encoding.UTF8.GetString(published.Event.Fields.Span));
        Assert.Equal(("order", "system", "system", 0ul), (published.Event.Type, published.Event.SenderId, published.Event.SenderName, published.Event.Origin));
        Assert.Equal((Publication.BackendScope, true), (published.IdScope, published.HasClientId));
    }

    [Theory]
    [InlineData("""{"senderId":"bot","senderName":"The Bot"}""", "bot", "The Bot")]
    [InlineData("""{"senderId":"bot"}""", "bot", "bot")]
    [InlineData("""{"senderName":"The Bot"}""", "system", "The Bot")]
    [InlineData("""{"senderId":42,"a":{"senderId":"no"}}""", "42", "42")]
    [InlineData("""{"senderId":null}""", "system", "system")]
    public async Task The_sender_is_the_backends_to_say(string body, string id, string name)
    {
        await Text(await _server.Post("/v1/rooms/lobby/events", body), 200);
        var sent = _server.Engine.Published[0].Event;
        Assert.Equal((id, name), (sent.SenderId, sent.SenderName));
    }

    [Fact]
    public async Task A_duplicate_says_so_and_an_ephemeral_event_has_no_position()
    {
        _server.Engine.OnPublish = _ => new PublishOutcome(PublishStatus.Stored, 5, "k1", EngineDouble.TimestampMs, Duplicate: true);
        Assert.Contains("\"seq\":5,\"epoch\":\"k1\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"duplicate\":true}",
            await Text(await _server.Post("/v1/rooms/lobby/events", "{\"id\":\"a\"}"), 200), StringComparison.Ordinal);
        _server.Engine.OnPublish = null;
        foreach (var body in (string[])["""{"ephemeral":true}""", """{"type":"blink"}"""])
        {
            var ack = await Text(await _server.Post("/v1/rooms/lobby/events", body), 200);
            Assert.DoesNotContain("seq", ack, StringComparison.Ordinal);
            Assert.True(_server.Engine.Published[^1].Event.Ephemeral);
        }
    }

    [Fact]
    public async Task Without_an_id_the_server_makes_one()
    {
        var ack = JsonDocument.Parse(await Text(await _server.Post("/v1/rooms/lobby/events", "{}"), 200)).RootElement;
        Assert.Equal(_server.Engine.Published[0].Event.Id, ack.GetProperty("id").GetString());
        Assert.False(_server.Engine.Published[0].HasClientId);
    }

    [Theory]
    [InlineData("a", "{", 400, "bad_json", null)]
    [InlineData("a", "", 400, "bad_json", null)]
    [InlineData("a", "[]", 400, "bad_frame", null)]
    [InlineData("a", "[{}]", 400, "bad_frame", null)]
    [InlineData("a", " [{}]", 400, "bad_frame", null)]
    [InlineData("a", "5", 400, "bad_frame", null)]
    [InlineData("a", """{"id":5}""", 400, "bad_frame", "id")]
    [InlineData("a", """{"a":1,"a":2}""", 400, "bad_frame", "a")]
    [InlineData("a", """{"type":"joined"}""", 400, "reserved_type", "type")]
    [InlineData("a", """{"type":"gw.x"}""", 400, "reserved_type", "type")]
    [InlineData("a", """{"type":"join"}""", 400, "reserved_type", "type")]
    [InlineData("a", """{"type":"ping"}""", 400, "reserved_type", "type")]
    [InlineData("a", """{"senderId":""}""", 400, "bad_frame", "senderId")]
    [InlineData("a", """{"senderId":["x"]}""", 400, "bad_frame", "senderId")]
    [InlineData("a", """{"senderName":true}""", 400, "bad_frame", "senderName")]
    [InlineData("a", """{"room":"b"}""", 400, "bad_room", "room")]
    [InlineData("a%20b", "{}", 400, "bad_room", null)]
    [InlineData("nobody:a", "{}", 403, "forbidden", null)]
    [InlineData("telemetry:p1", "{}", 400, "bad_frame", "key")]
    public async Task What_is_wrong_is_a_problem_with_its_code(string room, string body, int status, string code, string? field)
    {
        await Problem(await _server.Post($"/v1/rooms/{room}/events", body), status, code, field);
        Assert.Empty(_server.Engine.Published);
    }

    [Fact]
    public async Task The_rooms_own_name_in_the_body_is_fine() =>
        await Text(await _server.Post("/v1/rooms/a/events", """{"room":"chat:a"}"""), 200);

    [Fact]
    public async Task An_event_of_more_than_a_frame_is_413_with_and_without_a_length()
    {
        var body = $$"""{"pad":"{{new string('x', 1024)}}"}""";
        await Problem(await _server.Post("/v1/rooms/a/events", body), 413, "limit");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v1/rooms/a/events") { Content = new StringContent(body) };
        chunked.Headers.TransferEncodingChunked = true;
        await Problem(await _server.Client.SendAsync(chunked), 413, "limit");
    }

    [Theory]
    [InlineData(PublishStatus.Busy, 503, "busy")]
    [InlineData(PublishStatus.Degraded, 503, "degraded")]
    [InlineData(PublishStatus.Unknown, 503, "degraded")]
    [InlineData(PublishStatus.RoomFull, 429, "room_full")]
    [InlineData(PublishStatus.Unsupported, 400, "unsupported")]
    public async Task What_the_engine_says_is_the_answer(PublishStatus outcome, int status, string code)
    {
        _server.Engine.OnPublish = _ => new PublishOutcome(outcome);
        var answer = await _server.Post("/v1/rooms/a/events", "{}");
        var problem = await Problem(answer, status, code);
        Assert.Equal(status == 503, answer.Headers.RetryAfter is not null);
        Assert.Equal(outcome == PublishStatus.Unknown, problem.TryGetProperty("unknown", out _));
    }

    [Fact]
    public async Task A_users_own_room_is_published_to()
    {
        Assert.Contains("\"room\":\"user:auth0|a\"", await Text(await _server.Post("/v1/users/auth0%7Ca/events", "{}"), 200), StringComparison.Ordinal);
        await Problem(await _server.Post("/v1/users/a%20b/events", "{}"), 400, "bad_frame", "id");
    }

    [Fact]
    public async Task One_event_goes_to_many_rooms()
    {
        var answer = await Text(await _server.Post("/v1/publish", """{"rooms":["a","b","chat:a",7],"event":{"id":"e","n":1.0,"senderId":"s"}}"""), 200);
        Assert.Equal(["a", "b", "7"], _server.Engine.Published.Select(publication => publication.Event.Room.Value));
        Assert.All(_server.Engine.Published, publication => Assert.Equal("\"n\":1.0", Encoding.UTF8.GetString(publication.Event.Fields.Span)));
        Assert.StartsWith("""{"accepted":3,"rejected":0,"acks":[{"id":"e","room":"a","seq":""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_room_of_many_may_fail()
    {
        _server.Engine.OnPublish = publication => publication.Event.Room.Value == "a"
            ? new PublishOutcome(PublishStatus.Busy)
            : new PublishOutcome(PublishStatus.Stored, 1, "k1", EngineDouble.TimestampMs);
        Assert.EndsWith("\"errors\":[{\"room\":\"a\",\"code\":\"busy\"}]}",
            await Text(await _server.Post("/v1/publish", """{"rooms":["a","b"],"event":{}}"""), 200), StringComparison.Ordinal);
        await Problem(await _server.Post("/v1/publish", """{"rooms":["a"],"event":{}}"""), 503, "busy");
    }

    [Theory]
    [InlineData("{", 400, "bad_json")]
    [InlineData("[]", 400, "bad_frame")]
    [InlineData("{}", 400, "bad_frame")]
    [InlineData("""{"rooms":"a","event":{}}""", 400, "bad_frame")]
    [InlineData("""{"rooms":[],"event":{}}""", 400, "bad_frame")]
    [InlineData("""{"rooms":["a"]}""", 400, "bad_frame")]
    [InlineData("""{"rooms":["a"],"event":[]}""", 400, "bad_frame")]
    [InlineData("""{"rooms":["a","a b"],"event":{}}""", 400, "bad_room")]
    [InlineData("""{"rooms":["a",null],"event":{}}""", 400, "bad_room")]
    [InlineData("""{"rooms":["a","nobody:b"],"event":{}}""", 403, "forbidden")]
    [InlineData("""{"rooms":["a"],"event":{"type":"joined"}}""", 400, "reserved_type")]
    public async Task A_wrong_envelope_publishes_nothing(string body, int status, string code)
    {
        await Problem(await _server.Post("/v1/publish", body), status, code);
        Assert.Empty(_server.Engine.Published);
    }

    [Fact]
    public async Task The_rooms_of_one_publish_are_bounded()
    {
        string Rooms(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).Select(n => "r" + n));
        await Text(await _server.Post("/v1/publish", $$$"""{"rooms":{{{Rooms(1000)}}},"event":{}}"""), 200);
        await Problem(await _server.Post("/v1/publish", $$$"""{"rooms":{{{Rooms(1001)}}},"event":{}}"""), 429, "limit");
        await Problem(await _server.Post("/v1/publish", $$$"""{"rooms":["a"],"event":{"pad":"{{{new string('x', 1024)}}}"}}"""), 413, "limit");
    }

    private static async Task<string> Text(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{answer.StatusCode}: {text}");
        return text;
    }

    internal static async Task<JsonElement> Problem(HttpResponseMessage answer, int status, string code, string? field = null)
    {
        var text = await Text(answer, status);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal((status, code), (problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString()));
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("title").GetString()));
        if (field is not null)
            Assert.Equal(field, problem.GetProperty("field").GetString());
        return problem;
    }
}
