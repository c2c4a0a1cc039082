// Checks values and their relations once, at start. Each message names the key that is wrong and what it must be; a secret's value is never in it.

using System.Net;
using System.Text;
using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Host.Options;

internal sealed class OptionsValidator
{
    /// <summary>RFC 7518 §3.2: a key of the hash's size or larger for HS256.</summary>
    public const int SigningKeyBytes = 32;

    private const int MaxFrameBytes = 16 * 1024 * 1024;
    private const int MaxMs = 24 * 60 * 60 * 1000;
    private const int NodeIdChars = 64;

    private readonly GatewayOptions _options;
    private readonly bool _isDevelopment;
    private readonly List<string> _errors = [];

    private OptionsValidator(GatewayOptions options, bool isDevelopment)
    {
        _options = options;
        _isDevelopment = isDevelopment;
    }

    public static IReadOnlyList<string> Check(GatewayOptions options, bool isDevelopment)
    {
        var validator = new OptionsValidator(options, isDevelopment);
        validator.CheckTop();
        validator.CheckRedis();
        validator.CheckAuth();
        validator.CheckNetwork();
        validator.CheckTimes();
        validator.CheckLimits();
        NamespaceValidator.Check(options.Namespaces, validator._errors);
        return validator._errors;
    }

    public static bool IsNodeIdChar(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-';

    private void CheckTop()
    {
        if (string.IsNullOrWhiteSpace(_options.DataDir))
            Fail("DataDir", "must name a directory");
        if (_options.NodeId.Length is 0 or > NodeIdChars || !_options.NodeId.All(IsNodeIdChar))
            Fail("NodeId", $"must be 1 to {NodeIdChars} letters, digits or . _ -");
        if (!string.IsNullOrEmpty(_options.DefaultRoom) && !RoomName.TryParse(_options.DefaultRoom, out _))
            Fail("DefaultRoom", "must be a room name: 1 to 200 letters, digits or . _ - : @");
    }

    private void CheckRedis()
    {
        if (string.IsNullOrWhiteSpace(_options.Redis))
        {
            if (_options.Engine == EngineKind.Redis)
                Fail("Redis", "must be host:port, or several with commas between: Engine=redis needs to know where Redis is");
            return;
        }

        try
        {
            RedisOptions.Parse(_options.Redis);
        }
        catch (FormatException wrong)
        {
            Fail("Redis", $"must be host:port,host:port with optional user= password= tls= ca=. {wrong.Message.TrimEnd('.')}");
        }
    }

    private void CheckAuth()
    {
        var auth = _options.Auth;
        if (auth.SigningKey is { Length: > 0 } && Encoding.UTF8.GetByteCount(auth.SigningKey) < SigningKeyBytes)
            Fail("Auth:SigningKey", $"must have {SigningKeyBytes} bytes or more");
        if (auth.JwksUrl is { Length: > 0 }
            && !(Uri.TryCreate(auth.JwksUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            Fail("Auth:JwksUrl", "must be an absolute http or https URL");
        }

        if (!_isDevelopment && string.IsNullOrEmpty(auth.SigningKey) && string.IsNullOrEmpty(auth.JwksUrl) && string.IsNullOrEmpty(auth.JwksFile))
        {
            Fail("Auth:SigningKey", $"must have {SigningKeyBytes} bytes or more, or {GatewayOptions.Section}:Auth:JwksUrl or " +
                $"{GatewayOptions.Section}:Auth:JwksFile must be set: outside Development the gateway does not start without a key for its users' tokens");
        }
    }

    private void CheckNetwork()
    {
        if (!_options.AllowedOrigins.All(origin => origin == "*" || Auth.OriginName.Normalize(origin) is not null))
            Fail("AllowedOrigins", "must be made of origins such as https://example.com, or *");
        if (!_options.TrustedProxies.All(proxy => IPAddress.TryParse(proxy, out _) || IPNetwork.TryParse(proxy, out _)))
            Fail("TrustedProxies", "must be made of IP addresses or networks such as 10.0.0.0/8");
        Range("Admin:Port", _options.Admin.Port, 0, 65_535);
    }

    private void CheckTimes()
    {
        Range("Presence:GraceMs", _options.Presence.GraceMs, 0, MaxMs);
        Range("Session:ResumeMs", _options.Session.ResumeMs, 0, MaxMs);
        Range("Drain:WindowMs", _options.Drain.WindowMs, 0, MaxMs);
        Range("Heartbeat:PingMs", _options.Heartbeat.PingMs, 1, MaxMs);
        Range("Heartbeat:TimeoutMs", _options.Heartbeat.TimeoutMs, 1, MaxMs);
    }

    private void CheckLimits()
    {
        var limits = _options.Limits;
        Range("Limits:EventsPerSecond", limits.EventsPerSecond, 0, 1_000_000);
        Range("Limits:EventBurst", limits.EventBurst, 1, 1_000_000);
        Range("Limits:CommandsPerSecond", limits.CommandsPerSecond, 0, 1_000_000);
        Range("Limits:CommandBurst", limits.CommandBurst, 1, 1_000_000);
        Range("Limits:FrameBytes", limits.FrameBytes, 256, MaxFrameBytes);
        Range("Limits:RoomsPerConnection", limits.RoomsPerConnection, 1, ProtocolLimits.RoomsPerResume);
        Range("Limits:OutboxEvents", limits.OutboxEvents, 1, 1_000_000);
        Range("Limits:OutboxBytes", limits.OutboxBytes, 1_024, 1 << 30);
        Range("Limits:ConnectionsPerNode", limits.ConnectionsPerNode, 0, int.MaxValue);
        Range("Limits:ConnectionsPerUser", limits.ConnectionsPerUser, 0, int.MaxValue);
        Range("Limits:ConnectionsPerAddress", limits.ConnectionsPerAddress, 0, int.MaxValue);
        Range("Limits:UnauthenticatedPerNode", limits.UnauthenticatedPerNode, 0, int.MaxValue);
        Range("Limits:HandshakesPerSecond", limits.HandshakesPerSecond, 0, int.MaxValue);
    }

    private void Range(string key, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
            Fail(key, FormattableString.Invariant($"must be {low} to {high}"));
    }

    private void Fail(string key, string expectation) => _errors.Add($"{GatewayOptions.Section}:{key} {expectation}.");
}
