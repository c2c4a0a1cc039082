// PROTOCOL §9: rooms, users, nodes, who may ask, and what operators read.

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Actors.Engine;
using Gateway.Host.Tests.Auth;
using Gateway.Host.Tests.Doubles;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Host.Tests.Api;

public sealed class EndpointTests : IAsyncLifetime
{
    private BackendServer _server = null!;

    public async Task InitializeAsync() => _server = await BackendServer.Start();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public static TheoryData<string, string> Routes() => new()
    {
        { "POST", "/v1/rooms/a/events" }, { "POST", "/v1/publish" }, { "POST", "/v1/users/a/events" }, { "GET", "/v1/users/a" },
        { "POST", "/v1/users/a/disconnect" }, { "PUT", "/v1/rooms/a/members/b" }, { "DELETE", "/v1/rooms/a/members/b" },
        { "GET", "/v1/rooms" }, { "GET", "/v1/rooms/a" }, { "GET", "/v1/rooms/a/events" }, { "GET", "/v1/rooms/a/presence" },
        { "DELETE", "/v1/rooms/a/events" }, { "GET", "/v1/nodes" }, { "GET", "/openapi/v1.json" }, { "GET", "/metrics" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Nobody_gets_in_without_a_key(string method, string path)
    {
        foreach (var key in (string?[])[null, "", BackendServer.Key + "x", BackendServer.Key[..^1], TestTokens.Hmac(TestTokens.Claims())])
        {
            _server.Client.DefaultRequestHeaders.Remove("Authorization");
            if (key is not null)
                _server.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + key);
            await PublishTests.Problem(await _server.Send(method, path), 401, "unauthorized");
        }

        Assert.Empty(_server.Engine.Published);
        Assert.Empty(_server.Engine.Calls);
    }

    [Fact]
    public async Task Without_configured_keys_nobody_gets_in_at_all()
    {
        await using var server = await BackendServer.Start("Development", null, "Gateway:Api:Keys=");
        foreach (var header in (string[])["Bearer ", "Bearer", "Bearer null"])
        {
            server.Client.DefaultRequestHeaders.Remove("Authorization");
            server.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
            await PublishTests.Problem(await server.Send("GET", "/v1/rooms"), 401, "unauthorized");
        }
    }

    [Fact]
    public async Task Each_of_several_keys_opens()
    {
        await using var server = await BackendServer.Start("Development", null, "Gateway:Api:Keys=first;second");
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "second");
        Assert.Equal(HttpStatusCode.OK, (await server.Send("GET", "/v1/rooms")).StatusCode);
    }

    [Fact]
    public async Task Rooms_are_listed_by_page()
    {
        _server.Engine.RoomNames.AddRange(["a", "b", "c", "telemetry:p1"]);
        var first = await Json("GET", "/v1/rooms?limit=3");
        Assert.Equal(["a", "b", "c"], first.GetProperty("rooms").EnumerateArray().Select(room => room.GetProperty("room").GetString()));
        Assert.True(first.GetProperty("more").GetBoolean());
        var second = await Json("GET", "/v1/rooms?limit=3&after=" + first.GetProperty("next").GetString());
        Assert.Equal("telemetry:p1", second.GetProperty("rooms")[0].GetProperty("room").GetString());
        Assert.False(second.GetProperty("more").GetBoolean());
        Assert.False(second.TryGetProperty("next", out _));
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms?limit=501"), 400, "bad_frame", "limit");
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms?after=a%20b"), 400, "bad_room", "after");
    }

    [Fact]
    public async Task A_room_says_its_state_or_is_not_there()
    {
        var room = await Json("GET", "/v1/rooms/chat:lobby");
        Assert.Equal("""{"room":"lobby","epoch":"k1","seq":7,"first":3,"count":2,"connections":4}""", room.GetRawText());
        _server.Engine.Status = EngineStatus.NotFound;
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms/lobby"), 404, "bad_room");
        _server.Engine.Status = EngineStatus.Degraded;
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms/lobby"), 503, "degraded");
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms/nobody:a"), 403, "forbidden");
    }

    [Theory]
    [InlineData("", null, null, 50)]
    [InlineData("?after=0&limit=500", 0L, null, 500)]
    [InlineData("?before=9&limit=1", null, 9L, 1)]
    public async Task A_history_is_read_by_page(string query, long? after, long? before, int limit)
    {
        _server.Engine.History =
        [
            new RoomEvent
            {
                Room = RoomName.Parse("lobby"), Type = "message", Id = "i", SenderId = "u1", SenderName = "Ann", Seq = 1,
                TimestampMs = EngineDouble.TimestampMs, Fields = "\"n\":1.10"u8.ToArray(),
            },
        ];
        var page = await Json("GET", "/v1/rooms/lobby/events" + query);
        Assert.Equal((after, before, limit), (_server.Engine.LastQuery!.Value.After, _server.Engine.LastQuery.Value.Before, _server.Engine.LastQuery.Value.Limit));
        Assert.Equal(("history", "lobby", false), (page.GetProperty("type").GetString(), page.GetProperty("room").GetString(), page.GetProperty("more").GetBoolean()));
        Assert.Contains("\"n\":1.10", page.GetProperty("events")[0].GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=501", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?limit=", "limit")]
    [InlineData("?after=-1", "after")]
    [InlineData("?after=99999999999999999999", "after")]
    [InlineData("?before=x", "before")]
    [InlineData("?after=1&before=5", "before")]
    public async Task A_wrong_page_is_refused_by_field(string query, string field) =>
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms/lobby/events" + query), 400, "bad_frame", field);

    [Fact]
    public async Task A_room_of_mode_latest_has_no_history() =>
        await PublishTests.Problem(await _server.Send("GET", "/v1/rooms/telemetry:p1/events"), 400, "unsupported");

    [Fact]
    public async Task Presence_says_who_is_there()
    {
        _server.Engine.Members = new RoomMembership(1, 1, [new PresentUser("u1", "Ann", DateTimeOffset.UnixEpoch, 2)], false);
        var presence = await Json("GET", "/v1/rooms/lobby/presence");
        Assert.Equal(1, presence.GetProperty("count").GetInt32());
        Assert.Equal("u1", presence.GetProperty("users")[0].GetProperty("userId").GetString());
    }

    [Fact]
    public async Task Members_are_moved_in_and_out_and_histories_forgotten()
    {
        Assert.Equal("""{"sessions":1}""", (await Json("PUT", "/v1/rooms/lobby/members/auth0%7Ca")).GetRawText());
        Assert.Equal("""{"sessions":1}""", (await Json("DELETE", "/v1/rooms/lobby/members/guest:ann")).GetRawText());
        Assert.Equal(HttpStatusCode.NoContent, (await _server.Send("DELETE", "/v1/rooms/lobby/events")).StatusCode);
        Assert.Equal(["admit auth0|a lobby", "remove guest:ann lobby", "forget lobby"], _server.Engine.Calls);
        _server.Engine.Sessions = 0;
        await PublishTests.Problem(await _server.Send("PUT", "/v1/rooms/lobby/members/a"), 404, "not_joined");
        await PublishTests.Problem(await _server.Send("PUT", "/v1/rooms/nobody:a/members/a"), 403, "forbidden");
        await PublishTests.Problem(await _server.Send("PUT", "/v1/rooms/a/members/a%20b"), 400, "bad_frame", "id");
    }

    [Fact]
    public async Task A_user_has_a_state_also_where_nobody_ever_saw_it()
    {
        _server.Engine.User = new UserSummary(true, 2, [RoomName.Parse("lobby"), RoomName.Parse("user:u1")]);
        Assert.Equal("""{"online":true,"connections":2,"rooms":["lobby"]}""", (await Json("GET", "/v1/users/u1")).GetRawText());
        _server.Engine.Status = EngineStatus.NotFound;
        Assert.Equal("""{"online":false,"connections":0,"rooms":[]}""", (await Json("GET", "/v1/users/u1")).GetRawText());
    }

    [Theory]
    [InlineData("", "expel u1 0")]
    [InlineData("{}", "expel u1 0")]
    [InlineData("""{"forMs":1500}""", "expel u1 1500")]
    public async Task A_user_is_disconnected(string body, string call)
    {
        Assert.Equal(HttpStatusCode.OK, (await _server.Post("/v1/users/u1/disconnect", body)).StatusCode);
        Assert.Equal([call], _server.Engine.Calls);
    }

    [Theory]
    [InlineData("""{"forMs":"x"}""", "bad_frame")]
    [InlineData("""{"forMs":-1}""", "bad_frame")]
    [InlineData("""{"forMs":1e30}""", "bad_frame")]
    [InlineData("[]", "bad_json")]
    [InlineData("{", "bad_json")]
    public async Task A_wrong_disconnect_changes_nothing(string body, string code)
    {
        await PublishTests.Problem(await _server.Post("/v1/users/u1/disconnect", body), 400, code);
        Assert.Empty(_server.Engine.Calls);
    }

    [Fact]
    public async Task Nodes_say_their_load() => Assert.Equal(
        """{"nodes":[{"nodeId":"node-1","startedAt":"1970-01-01T00:00:00.000Z","connections":3,"rooms":2,"cpuPercent":1.2,"memoryBytes":1000,"draining":false}]}""",
        (await Json("GET", "/v1/nodes")).GetRawText());

    [Fact]
    public async Task The_openapi_document_names_every_path_and_the_key()
    {
        var document = await Json("GET", "/openapi/v1.json");
        var paths = document.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "/v1/rooms", "/v1/rooms/{room}", "/v1/rooms/{room}/events", "/v1/rooms/{room}/presence", "/v1/rooms/{room}/members/{id}",
                "/v1/publish", "/v1/users/{id}", "/v1/users/{id}/events", "/v1/users/{id}/disconnect", "/v1/nodes",
            }, paths);
        Assert.DoesNotContain("/metrics", paths);
        Assert.DoesNotContain("/ws", paths);
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("ApiKey").GetProperty("scheme").GetString());
        var publish = document.GetProperty("paths").GetProperty("/v1/rooms/{room}/events").GetProperty("post");
        Assert.False(string.IsNullOrEmpty(publish.GetProperty("summary").GetString()));
        Assert.True(publish.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/x-ndjson", out _));
    }

    [Fact]
    public async Task An_unknown_path_is_404() => Assert.Equal(HttpStatusCode.NotFound, (await _server.Send("GET", "/v1/nothing")).StatusCode);

    private async Task<JsonElement> Json(string method, string path)
    {
        var answer = await _server.Send(method, path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }
}
