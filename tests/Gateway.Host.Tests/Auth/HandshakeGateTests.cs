// PROTOCOL §1 and §5: who may open a socket, as whom, and with what in the URL.

using System.Net;
using Gateway.Actors.Engine;
using Gateway.Host.Auth;
using Gateway.Host.Options;
using Gateway.Host.Tests.Doubles;
using Gateway.Host.Transport;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Host.Tests.Auth;

public sealed class HandshakeGateTests : IAsyncDisposable
{
    private readonly GatewayOptions _options = GatewayOptions.Defaults(isDevelopment: false);
    private readonly NodeDouble _node = new();
    private readonly EngineDouble _engine = new();
    private readonly VirtualTime _time = new(TestTokens.Now);
    private HandshakeGate? _gate;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    public static TheoryData<string, string, string, string?, int> Tokens()
    {
        var good = TestTokens.Hmac(TestTokens.Claims("good"));
        var other = TestTokens.Hmac(TestTokens.Claims("other"));
        return new TheoryData<string, string, string, string?, int>
        {
            { $"Bearer {good}", "", "", "good", 0 },
            { $"bearer {good}", "", "", "good", 0 },
            { "", $"gateway.v1.json, bearer.{good}", "", "good", 0 },
            { "", $"bearer.{good},gateway.v1.json", "", "good", 0 },
            { "", "", $"token={good}", "good", 0 },
            { $"Bearer {good}", $"bearer.{other}", $"token={other}", "good", 0 },
            { "", $"bearer.{good}", $"token={other}", "good", 0 },
            { "Bearer x", "", $"token={good}", null, 401 },
            { "Bearer", "", $"token={good}", null, 401 },
            { "", "bearer.x", $"token={good}", null, 401 },
            { "", "", "token=x", null, 401 },
            { "", "", "token=", null, 401 },
            { "Basic eA==", "", $"token={good}", "good", 0 },
            { "", "", "", null, 0 },
        };
    }

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task The_first_token_present_decides(string header, string subprotocols, string query, string? user, int refused)
    {
        var context = Request("/ws", query);
        if (header.Length > 0)
            context.Request.Headers.Authorization = header;
        if (subprotocols.Length > 0)
            context.Request.Headers.SecWebSocketProtocol = subprotocols;
        var decision = await Decide(context);
        Assert.Equal(refused, (decision as HandshakeDecision.Refused)?.Status ?? 0);
        Assert.Equal(user, (decision as HandshakeDecision.Admitted)?.Identity?.UserId);
    }

    [Fact]
    public async Task Where_guests_are_let_in_no_token_makes_one()
    {
        _options.Auth.AllowAnonymous = true;
        Assert.Equal("guest:ann", (await Admitted(Request("/ws", "user=ann"))).Identity!.UserId);
    }

    [Fact]
    public async Task Where_guests_are_let_in_a_bad_token_is_still_refused()
    {
        _options.Auth.AllowAnonymous = true;
        await Refused(Request("/ws", "token=x&user=ann"), 401, "unauthorized");
    }

    [Fact]
    public async Task Without_a_token_the_socket_waits_or_is_refused()
    {
        Assert.Null((await Admitted(Request("/ws", ""))).Identity);
        _options.Auth.RequireAtHandshake = true;
        await Refused(Request("/ws", ""), 401, "unauthorized");
        _options.Auth.AllowAnonymous = true;
        Assert.NotNull((await Admitted(Request("/ws", ""))).Identity);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("http://gateway.example:8080", true)]
    [InlineData("https://gateway.example:8080", true)]
    [InlineData("http://GATEWAY.example:8080", true)]
    [InlineData("http://gateway.example", false)]
    [InlineData("http://gateway.example:81", false)]
    [InlineData("https://app.example.org", true)]
    [InlineData("https://app.example.org:443", true)]
    [InlineData("http://app.example.org", false)]
    [InlineData("https://app.example.org.evil.com", false)]
    [InlineData("https://evil-app.example.org", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    [InlineData("https://app.example.org/x", false)]
    [InlineData("file:///x", false)]
    public async Task An_origin_must_be_the_own_host_or_allowed(string? origin, bool passes)
    {
        _options.AllowedOrigins = ["https://app.example.org"];
        var context = Request("/ws", "");
        if (origin is not null)
            context.Request.Headers.Origin = origin;
        if (passes)
            await Admitted(context);
        else
            await Refused(context, 403, "forbidden");
    }

    [Fact]
    public async Task With_a_star_any_origin_passes()
    {
        _options.AllowedOrigins = ["*"];
        var context = Request("/ws", "");
        context.Request.Headers.Origin = "null";
        await Admitted(context);
    }

    [Theory]
    [InlineData("/ws", "", "")]
    [InlineData("/ws/", "", "")]
    [InlineData("/ws/a", "", "a")]
    [InlineData("/ws", "room=a&room=b", "a b")]
    [InlineData("/chat/c", "room=a&room=c", "c a")]
    [InlineData("/socket", "chatId=7", "7")]
    [InlineData("/ws", "room=chat:a&room=a", "a")]
    [InlineData("/ws/telemetry:p1", "", "telemetry:p1")]
    public async Task The_rooms_of_the_url_come_in_their_order(string path, string query, string rooms) =>
        Assert.Equal(rooms, string.Join(' ', (await Admitted(Request(path, query))).Rooms));

    [Theory]
    [InlineData("/ws/a b", "", "bad_room")]
    [InlineData("/ws", "room=", "bad_room")]
    [InlineData("/ws", "room=a&room=%C3%A9", "bad_room")]
    [InlineData("/ws", "history=x", "bad_frame")]
    [InlineData("/ws", "history=-1", "bad_frame")]
    [InlineData("/ws", "history=99999999999", "bad_frame")]
    public async Task What_is_wrong_in_the_url_is_told_after_the_upgrade(string path, string query, string code)
    {
        var fault = Assert.Single((await Admitted(Request(path, query))).UrlFaults);
        Assert.Equal(code, WireCode.Of(fault.Code));
    }

    [Theory]
    [InlineData("history=0&session=a-B_9", 0, "a-B_9")]
    [InlineData("history=25", 25, null)]
    [InlineData("session=", null, null)]
    [InlineData("session=a%20b", null, null)]
    public async Task History_and_session_are_handed_on(string query, int? history, string? session)
    {
        var admitted = await Admitted(Request("/ws", query));
        Assert.Equal((history, session), (admitted.History, admitted.Session));
    }

    [Fact]
    public async Task A_user_who_was_disconnected_for_a_time_is_refused_until_it_is_over()
    {
        _engine.Refused["u1"] = _time.GetUtcNow().AddSeconds(5);
        await Refused(User("u1"), 403, "forbidden");
        await Admitted(User("u2"));
        _time.Advance(TimeSpan.FromSeconds(5));
        await Admitted(User("u1"));
    }

    [Fact]
    public async Task Where_the_engine_is_away_the_user_is_let_in()
    {
        _engine.Refused["u1"] = _time.GetUtcNow().AddSeconds(5);
        _engine.Status = EngineStatus.Degraded;
        await Admitted(User("u1"));
    }

    [Fact]
    public async Task A_draining_node_answers_503_with_retry_after()
    {
        _node.IsDraining = true;
        var refused = await Refused(User("u1"), 503, "busy");
        Assert.True(refused.RetryAfterSeconds > 0);
    }

    [Fact]
    public async Task Handshakes_over_the_rate_are_refused_before_the_token_is_looked_at()
    {
        _options.Limits.HandshakesPerSecond = 3;
        for (var i = 0; i < 3; i++)
            await Admitted(User("u" + i));
        var refused = await Refused(Request("/ws", "token=x"), 503, "busy");
        Assert.True(refused.RetryAfterSeconds > 0);
        _time.Advance(TimeSpan.FromMilliseconds(400));
        await Admitted(User("u4"));
        await Refused(User("u5"), 503, "busy");
    }

    [Fact]
    public async Task No_rate_means_no_limit()
    {
        _options.Limits.HandshakesPerSecond = 0;
        for (var i = 0; i < 3000; i++)
            await Admitted(Request("/ws", ""));
    }

    [Fact]
    public async Task A_users_connections_are_bounded_and_given_back()
    {
        _options.Limits.ConnectionsPerUser = 2;
        var first = await Admitted(User("u1"));
        await Admitted(User("u1"));
        await Refused(User("u1"), 429, "limit");
        await Admitted(User("u2"));
        first.Lease!.Dispose();
        first.Lease.Dispose();
        await Admitted(User("u1"));
        await Refused(User("u1"), 429, "limit");
    }

    [Fact]
    public async Task Connections_that_became_the_users_by_auth_count()
    {
        _options.Limits.ConnectionsPerUser = 2;
        _node.ByUser["u1"] = 2;
        await Refused(User("u1"), 429, "limit");
    }

    [Fact]
    public async Task An_addresses_connections_are_bounded_and_given_back()
    {
        _options.Limits.ConnectionsPerAddress = 1;
        var first = await Admitted(User("u1", "10.0.0.1"));
        await Refused(User("u2", "10.0.0.1"), 429, "limit");
        await Admitted(User("u2", "10.0.0.2"));
        first.Lease!.Dispose();
        await Admitted(User("u2", "10.0.0.1"));
    }

    [Fact]
    public async Task A_nodes_connections_are_bounded_and_given_back()
    {
        _options.Limits.ConnectionsPerNode = 1;
        var first = await Admitted(User("u1"));
        Assert.NotNull((await Refused(User("u2"), 503, "busy")).RetryAfterSeconds);
        first.Lease!.Dispose();
        await Admitted(User("u2"));
    }

    [Fact]
    public async Task Connections_without_a_user_are_bounded_of_their_own()
    {
        _options.Limits.UnauthenticatedPerNode = 5;
        _node.Connections = (5, 5);
        await Refused(Request("/ws", ""), 503, "busy");
        await Admitted(User("u1"));
        _node.Connections = (5, 4);
        await Admitted(Request("/ws", ""));
    }

    [Fact]
    public async Task While_the_storage_is_away_nobody_is_let_in()
    {
        _node.IsDegraded = true;
        var refused = await Refused(User("u1"), 503, "degraded");
        Assert.NotNull(refused.RetryAfterSeconds);
    }

    [Fact]
    public async Task While_the_engine_is_behind_with_those_who_are_here_nobody_is_let_in()
    {
        _node.IsBehind = true;
        var refused = await Refused(User("u1"), 503, "busy");
        Assert.NotNull(refused.RetryAfterSeconds);
        _node.IsBehind = false;
        await Admitted(User("u1"));
    }

    [Fact]
    public async Task A_refusal_holds_no_place()
    {
        _options.Limits.ConnectionsPerNode = 1;
        await Refused(Request("/ws", "token=x"), 401, "unauthorized");
        await Admitted(User("u1"));
    }

    private async Task<HandshakeDecision.Admitted> Admitted(HttpContext context) =>
        Assert.IsType<HandshakeDecision.Admitted>(await Decide(context));

    private async Task<HandshakeDecision.Refused> Refused(HttpContext context, int status, string code)
    {
        var refused = Assert.IsType<HandshakeDecision.Refused>(await Decide(context));
        Assert.Equal((status, code), (refused.Status, refused.Code));
        return refused;
    }

    private ValueTask<HandshakeDecision> Decide(HttpContext context)
    {
        var key = VerificationKey.Hmac(System.Text.Encoding.UTF8.GetBytes(TestTokens.Secret), kid: null)!;
        var tokens = new TokenAuthenticator([new FixedKeys(new KeyRing([key]))], null, null, _time, NullLogger<TokenAuthenticator>.Instance);
        _gate ??= new HandshakeGate(_options, tokens, _node, _engine, _time, () => "r1");
        return _gate.Decide(context, CancellationToken.None);
    }

    private static DefaultHttpContext User(string user, string address = "127.0.0.1")
    {
        var context = Request("/ws", "");
        context.Request.Headers.Authorization = "Bearer " + TestTokens.Hmac(TestTokens.Claims(user));
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return context;
    }

    private static DefaultHttpContext Request(string path, string query)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        context.Request.QueryString = new QueryString(query.Length > 0 ? "?" + query : "");
        context.Request.Host = new HostString("gateway.example", 8080);
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        return context;
    }
}
