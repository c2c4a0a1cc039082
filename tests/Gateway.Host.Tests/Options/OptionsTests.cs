// PROTOCOL §10: the documented defaults, every wrong value named, every unknown key named.

using Gateway.Actors;
using Gateway.Actors.Engine.Redis;
using Gateway.Actors.Policy;
using Gateway.Host.Composition;
using Gateway.Host.Options;
using Gateway.Protocol;
using Gateway.Redis;
using Microsoft.Extensions.Configuration;

namespace Gateway.Host.Tests.Options;

public sealed class OptionsTests
{
    private const string SigningKey = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = Load();
        Assert.Equal(EngineKind.Embedded, options.Engine);
        Assert.Equal("data", options.DataDir);
        Assert.False(options.Demo);
        Assert.False(options.Auth.RequireAtHandshake);
        Assert.Equal(12_000, options.Presence.GraceMs);
        Assert.Equal(120_000, options.Session.ResumeMs);
        Assert.Equal(10_000, options.Drain.WindowMs);
        Assert.Equal(20_000, options.Heartbeat.PingMs);
        Assert.Equal(30_000, options.Heartbeat.TimeoutMs);
        Assert.Equal(0, options.Admin.Port);
        Assert.Empty(options.Api.Keys);
        Assert.Empty(options.AllowedOrigins);
        Assert.Empty(options.TrustedProxies);
        var limits = options.Limits;
        Assert.Equal((10d, 20, 20d, 150), (limits.EventsPerSecond, limits.EventBurst, limits.CommandsPerSecond, limits.CommandBurst));
        Assert.Equal((65_536, 128, 1_000, 1_048_576), (limits.FrameBytes, limits.RoomsPerConnection, limits.OutboxEvents, limits.OutboxBytes));
        Assert.Equal((100_000, 50, 0), (limits.ConnectionsPerNode, limits.ConnectionsPerUser, limits.ConnectionsPerAddress));
        Assert.Equal((500, 2_000), (limits.UnauthenticatedPerNode, limits.HandshakesPerSecond));
    }

    [Fact]
    public void The_defaults_of_the_node_are_the_same()
    {
        var mapped = Load(isDevelopment: false, ("Auth:SigningKey", SigningKey)).ToNodeOptions();
        Assert.Equal(new NodeOptions { Namespaces = mapped.Namespaces }, mapped);
    }

    [Fact]
    public void Development_lets_guests_in_and_has_a_lobby()
    {
        var development = Load();
        Assert.True(development.Auth.AllowAnonymous);
        Assert.Equal("lobby", development.DefaultRoom);
        var production = Load(isDevelopment: false, ("Auth:SigningKey", SigningKey));
        Assert.False(production.Auth.AllowAnonymous);
        Assert.Null(production.DefaultRoom);
        Assert.Null(Load(("DefaultRoom", "")).ToNodeOptions().DefaultRoom);
    }

    [Theory]
    [InlineData("Engine", "cassandra")]
    [InlineData("Engine", "1")]
    [InlineData("Redis", "one two:three")]
    [InlineData("Redis", "localhost:6379 tls=perhaps")]
    [InlineData("Redis", "password=secret")]
    [InlineData("RedisAck", "twice")]
    [InlineData("DataDir", " ")]
    [InlineData("NodeId", "a b")]
    [InlineData("NodeId", "")]
    [InlineData("DefaultRoom", "a b")]
    [InlineData("Demo", "perhaps")]
    [InlineData("Auth:SigningKey", "0123456789abcdef0123456789abcde")]
    [InlineData("Auth:JwksUrl", "keys.json")]
    [InlineData("Auth:JwksUrl", "ftp://example.com/keys")]
    [InlineData("Auth:AllowAnonymous", "yes please")]
    [InlineData("Auth:RequireAtHandshake", "2")]
    [InlineData("AllowedOrigins", "example.com")]
    [InlineData("AllowedOrigins", "https://example.com/path")]
    [InlineData("TrustedProxies", "proxy")]
    [InlineData("Admin:Port", "65536")]
    [InlineData("Admin:Port", "web")]
    [InlineData("Presence:GraceMs", "-5")]
    [InlineData("Session:ResumeMs", "soon")]
    [InlineData("Drain:WindowMs", "-1")]
    [InlineData("Heartbeat:PingMs", "0")]
    [InlineData("Limits:EventsPerSecond", "many")]
    [InlineData("Limits:EventsPerSecond", "-1")]
    [InlineData("Limits:EventsPerSecond", "NaN")]
    [InlineData("Limits:EventBurst", "0")]
    [InlineData("Limits:CommandsPerSecond", "1e99")]
    [InlineData("Limits:CommandBurst", "1.5")]
    [InlineData("Limits:FrameBytes", "-1")]
    [InlineData("Limits:FrameBytes", "99999999999")]
    [InlineData("Limits:RoomsPerConnection", "0")]
    [InlineData("Limits:OutboxEvents", "0")]
    [InlineData("Limits:OutboxBytes", "1")]
    [InlineData("Limits:ConnectionsPerNode", "-1")]
    [InlineData("Limits:ConnectionsPerUser", "-1")]
    [InlineData("Limits:ConnectionsPerAddress", "x")]
    [InlineData("Limits:UnauthenticatedPerNode", "-1")]
    [InlineData("Limits:HandshakesPerSecond", "-1")]
    [InlineData("Namespaces:news:Mode", "loud")]
    [InlineData("Namespaces:user:Mode", "latest")]
    [InlineData("Namespaces:news:HistorySize", "-1")]
    [InlineData("Namespaces:news:HistoryTtl", "7")]
    [InlineData("Namespaces:news:HistoryTtl", "0s")]
    [InlineData("Namespaces:news:DefaultHistory", "-1")]
    [InlineData("Namespaces:news:Rights", "join,fly")]
    [InlineData("Namespaces:news:Presence", "x")]
    [InlineData("Namespaces:news:PresenceLimit", "-1")]
    [InlineData("Namespaces:news:Receipts", "x")]
    [InlineData("Namespaces:news:KeysPerRoom", "0")]
    [InlineData("Namespaces:news:KeyTtl", "-1.00:00:00")]
    public void A_wrong_value_is_named(string key, string value)
    {
        var refused = Assert.Throws<StartException>(() => Load((key, value)));
        Assert.Contains($"Gateway:{key} must be", refused.Message.Replace(" have ", " be ", StringComparison.Ordinal)
            .Replace(" name ", " be ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.NewLine, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Colour")]
    [InlineData("Presense:GraceMs")]
    [InlineData("Limits:EventPerSecond")]
    [InlineData("Namespaces:news:Histroy")]
    [InlineData("Namespaces:news")]
    [InlineData("Auth")]
    [InlineData("Auth:SigningKey:0")]
    [InlineData("Api:Keys:first")]
    [InlineData("Api:Keys:0:x")]
    public void An_unknown_key_is_named(string key)
    {
        var refused = Assert.Throws<StartException>(() => Load((key, "1")));
        Assert.Contains($"Gateway:{key} is not a setting", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var refused = Assert.Throws<StartException>(() => Load(("Colour", "red"), ("Limits:FrameBytes", "x"), ("Engine", "redis")));
        Assert.Contains("Gateway:Redis must be", refused.Message, StringComparison.Ordinal);
        Assert.Equal(3, refused.Message.Split(Environment.NewLine).Length);
    }

    [Fact]
    public void Keys_are_known_in_whatever_case() => Assert.Equal(5, Load(("PRESENCE:gracems", "5")).Presence.GraceMs);

    [Fact]
    public void Lists_are_written_by_index_or_with_commas_or_semicolons()
    {
        Assert.Equal(["a", "b"], Load(("Api:Keys:0", "a"), ("Api:Keys:1", "b")).Api.Keys);
        Assert.Equal(["a", "b", "c"], Load(("Api:Keys", "a, b;c")).Api.Keys);
        Assert.Equal(["a,b"], Load(("Api:Keys:0", "a,b")).Api.Keys);
        Assert.Empty(Load(("Api:Keys", "")).Api.Keys);
    }

    [Fact]
    public void The_environment_is_read_with_two_underscores()
    {
        Environment.SetEnvironmentVariable("OPTIONSTEST_Gateway__Namespaces__news__Rights__0", "join");
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables("OPTIONSTEST_").Build();
        var policy = GatewayConfiguration.Load(configuration, isDevelopment: true).ToNamespaces().Find(RoomName.Parse("news:a"));
        Assert.Equal(Rights.Join, policy?.Rights);
    }

    [Fact]
    public void A_setting_of_a_built_in_namespace_changes_that_setting_alone()
    {
        var namespaces = Load(("Namespaces:Chat:DefaultHistory", "2"), ("Namespaces:telemetry:KeyTtl", "90s")).ToNamespaces();
        Assert.Equivalent(NamespacePolicy.Chat with { DefaultHistory = 2 }, namespaces.Find(RoomName.Parse("lobby")));
        Assert.Equivalent(NamespacePolicy.Telemetry with { KeyTtl = TimeSpan.FromSeconds(90) }, namespaces.Find(RoomName.Parse("telemetry:a")));
        Assert.Equivalent(NamespacePolicy.User, namespaces.Find(RoomName.Parse("user:a")));
    }

    [Fact]
    public void A_new_namespace_has_all_that_is_said_of_it()
    {
        var policy = Load(
            ("Namespaces:news:Mode", "Latest"), ("Namespaces:news:HistorySize", "5"), ("Namespaces:news:HistoryTtl", "1.12:00:00"),
            ("Namespaces:news:Rights", "none"), ("Namespaces:news:Presence", "false"), ("Namespaces:news:PresenceLimit", "7"),
            ("Namespaces:news:Receipts", "false"), ("Namespaces:news:EphemeralTypes", "cursor,blink"), ("Namespaces:news:KeysPerRoom", "9"))
            .ToNamespaces().Find(RoomName.Parse("news:a"))!;
        Assert.Equal((RoomMode.Latest, 5, TimeSpan.FromHours(36), Rights.None), (policy.Mode, policy.HistorySize, policy.HistoryTtl, policy.Rights));
        Assert.Equal((false, 7, false, 9), (policy.Presence, policy.PresenceLimit, policy.Receipts, policy.KeysPerRoom));
        Assert.Equal(["blink", "cursor"], policy.EphemeralTypes.Order());
    }

    [Fact]
    public void Outside_development_a_key_for_tokens_is_required()
    {
        var refused = Assert.Throws<StartException>(() => Load(isDevelopment: false));
        Assert.Contains("Gateway:Auth:SigningKey", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Gateway:Auth:JwksUrl", refused.Message, StringComparison.Ordinal);
        Load(isDevelopment: false, ("Auth:JwksUrl", "https://example.com/jwks"));
        Load(isDevelopment: false, ("Auth:JwksFile", "jwks.json"));
        Load(isDevelopment: false, ("Auth:SigningKey", string.Concat(Enumerable.Repeat("é", 16))));
    }

    [Fact]
    public void A_short_key_is_never_printed()
    {
        var refused = Assert.Throws<StartException>(() => Load(("Auth:SigningKey", "hunter2")));
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:x user=u password=hunter2")]
    [InlineData("localhost hunter2=x")]
    [InlineData("localhost password=hunter2 tls=hunter2x")]
    public void The_password_of_Redis_is_never_printed(string redis)
    {
        var refused = Assert.Throws<StartException>(() => Load(("Engine", "redis"), ("Redis", redis)));
        Assert.Contains("Gateway:Redis must be", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Redis_is_reached_as_configured()
    {
        var options = NodeServices.ToRedisOptions(Load(
            ("Engine", "Redis"), ("Redis", "one:1,two:2 user=ann password=a=b tls=true"), ("RedisAck", "fsync"), ("Presence:GraceMs", "5"),
            ("Session:ResumeMs", "6"), ("NodeId", "n7"), ("Namespaces:news:Mode", "log")));
        Assert.Equal([new RedisEndpoint("one", 1), new RedisEndpoint("two", 2)], options.Redis.Seeds);
        Assert.Equal(("ann", "a=b", true), (options.Redis.User, options.Redis.Password, options.Redis.Tls));
        Assert.Equal((RedisAck.Fsync, 5, 6, "n7"), (options.Ack, options.GraceMs, options.ResumeMs, options.NodeId));
        Assert.NotNull(options.Namespaces.Find(RoomName.Parse("news:a")));
        Assert.Null(NodeServices.ToRedisOptions(Load(("Engine", "redis"), ("Redis", "localhost"))).Ack);
    }

    [Fact]
    public void Nodes_of_a_cluster_that_were_given_no_name_have_each_one_of_their_own()
    {
        GatewayOptions Cluster() => Load(("Engine", "redis"), ("Redis", "localhost"));
        Assert.Equal("node-1", Load().NodeId);
        Assert.NotEqual(Cluster().NodeId, Cluster().NodeId);
        Assert.Matches("^[A-Za-z0-9._-]{8,64}$", Cluster().NodeId);
        Assert.Matches("^[A-Za-z0-9._-]{8,64}$", ProcessName.Make(new string('é', 3) + new string('x', 300)));
        Assert.StartsWith("node-", ProcessName.Make("é"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signing_key_keeps_its_white_space() =>
        Assert.Equal(" " + SigningKey + " ", Load(("Auth:SigningKey", " " + SigningKey + " ")).Auth.SigningKey);

    [Fact]
    public void No_limit_becomes_a_number_that_nobody_reaches()
    {
        var node = Load(("Limits:EventsPerSecond", "0"), ("Limits:ConnectionsPerUser", "0"), ("Limits:UnauthenticatedPerNode", "0")).ToNodeOptions();
        Assert.True(node is { EventsPerSecond: >= 1e9, EventBurst: >= 1_000_000_000, ConnectionsPerUser: >= 1_000_000_000 });
        Assert.True(node.UnauthenticatedPerNode >= 1_000_000_000);
    }

    private static GatewayOptions Load(params (string Key, string Value)[] settings) => Load(isDevelopment: true, settings);

    private static GatewayOptions Load(bool isDevelopment, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>("Gateway:" + setting.Key, setting.Value)))
            .Build();
        return GatewayConfiguration.Load(configuration, isDevelopment);
    }

    [Theory]
    [InlineData(null, "3000", 2_000)]
    [InlineData("40000", null, 20_000)]
    [InlineData("1000", "5000", 1_000)]
    public void A_peer_is_asked_before_it_is_given_up_whichever_is_set_alone(string? ping, string? timeout, int pinged)
    {
        var settings = new Dictionary<string, string?> { ["Gateway:Heartbeat:PingMs"] = ping, ["Gateway:Heartbeat:TimeoutMs"] = timeout };
        var options = GatewayConfiguration.Load(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Where(setting => setting.Value is not null)).Build(), isDevelopment: true);
        Assert.Equal(pinged, options.ToNodeOptions().PingMs);
    }
}
