// Turns the section "Gateway" into GatewayOptions. This is the one list of the keys that exist: what is set and not read here
// is an error by name.

using Gateway.Actors.Policy;

namespace Gateway.Host.Options;

internal static class SettingsReader
{
    /// <returns>The options as far as they could be read, and what was wrong with the rest.</returns>
    public static (GatewayOptions Options, IReadOnlyList<string> Errors) Read(IConfiguration configuration, bool isDevelopment)
    {
        var settings = new SettingsSection(configuration.GetSection(GatewayOptions.Section));
        var options = GatewayOptions.Defaults(isDevelopment);
        ReadTop(settings, options);
        ReadAuth(settings, options.Auth);
        ReadTimes(settings, options);
        ReadLimits(settings, options.Limits);
        options.Namespaces = ReadNamespaces(settings);
        foreach (var key in settings.UnknownKeys())
            settings.Errors.Add($"{key} is not a setting of the gateway.");
        return (options, settings.Errors);
    }

    private static void ReadTop(SettingsSection settings, GatewayOptions options)
    {
        options.Engine = settings.Choice<EngineKind>("Engine") ?? options.Engine;
        options.Redis = settings.Text("Redis");
        options.RedisAck = settings.Choice<RedisAckLevel>("RedisAck");
        options.DataDir = settings.Text("DataDir") ?? options.DataDir;
        options.NodeId = settings.Text("NodeId") ?? (options.Engine == EngineKind.Redis ? ProcessName.Make() : options.NodeId);
        options.DefaultRoom = settings.Text("DefaultRoom") ?? options.DefaultRoom;
        options.Demo = settings.Flag("Demo") ?? options.Demo;
        options.AllowedOrigins = settings.List("AllowedOrigins") ?? options.AllowedOrigins;
        options.TrustedProxies = settings.List("TrustedProxies") ?? options.TrustedProxies;
        options.Api.Keys = settings.List("Api:Keys") ?? options.Api.Keys;
        options.Admin.Port = settings.Int("Admin:Port") ?? options.Admin.Port;
    }

    private static void ReadAuth(SettingsSection settings, AuthOptions auth)
    {
        auth.SigningKey = settings.Verbatim("Auth:SigningKey");
        auth.JwksUrl = settings.Text("Auth:JwksUrl");
        auth.JwksFile = settings.Text("Auth:JwksFile");
        auth.Issuer = settings.Text("Auth:Issuer");
        auth.Audience = settings.Text("Auth:Audience");
        auth.AllowAnonymous = settings.Flag("Auth:AllowAnonymous") ?? auth.AllowAnonymous;
        auth.RequireAtHandshake = settings.Flag("Auth:RequireAtHandshake") ?? auth.RequireAtHandshake;
    }

    private static void ReadTimes(SettingsSection settings, GatewayOptions options)
    {
        options.Presence.GraceMs = settings.Int("Presence:GraceMs") ?? options.Presence.GraceMs;
        options.Session.ResumeMs = settings.Int("Session:ResumeMs") ?? options.Session.ResumeMs;
        options.Drain.WindowMs = settings.Int("Drain:WindowMs") ?? options.Drain.WindowMs;
        options.Heartbeat.PingMs = settings.Int("Heartbeat:PingMs") ?? options.Heartbeat.PingMs;
        options.Heartbeat.TimeoutMs = settings.Int("Heartbeat:TimeoutMs") ?? options.Heartbeat.TimeoutMs;
    }

    private static void ReadLimits(SettingsSection settings, LimitOptions limits)
    {
        limits.EventsPerSecond = settings.Number("Limits:EventsPerSecond") ?? limits.EventsPerSecond;
        limits.EventBurst = settings.Int("Limits:EventBurst") ?? limits.EventBurst;
        limits.CommandsPerSecond = settings.Number("Limits:CommandsPerSecond") ?? limits.CommandsPerSecond;
        limits.CommandBurst = settings.Int("Limits:CommandBurst") ?? limits.CommandBurst;
        limits.FrameBytes = settings.Int("Limits:FrameBytes") ?? limits.FrameBytes;
        limits.RoomsPerConnection = settings.Int("Limits:RoomsPerConnection") ?? limits.RoomsPerConnection;
        limits.OutboxEvents = settings.Int("Limits:OutboxEvents") ?? limits.OutboxEvents;
        limits.OutboxBytes = settings.Int("Limits:OutboxBytes") ?? limits.OutboxBytes;
        limits.ConnectionsPerNode = settings.Int("Limits:ConnectionsPerNode") ?? limits.ConnectionsPerNode;
        limits.ConnectionsPerUser = settings.Int("Limits:ConnectionsPerUser") ?? limits.ConnectionsPerUser;
        limits.ConnectionsPerAddress = settings.Int("Limits:ConnectionsPerAddress") ?? limits.ConnectionsPerAddress;
        limits.UnauthenticatedPerNode = settings.Int("Limits:UnauthenticatedPerNode") ?? limits.UnauthenticatedPerNode;
        limits.HandshakesPerSecond = settings.Int("Limits:HandshakesPerSecond") ?? limits.HandshakesPerSecond;
    }

    private static List<NamespaceOptions> ReadNamespaces(SettingsSection settings) =>
        settings.Children("Namespaces")
            .Select(child => ReadNamespace(settings, child.Key))
            .ToList();

    private static NamespaceOptions ReadNamespace(SettingsSection settings, string name)
    {
        var at = $"Namespaces:{name}:";
        return new NamespaceOptions
        {
            Name = name,
            Mode = settings.Choice<RoomMode>(at + "Mode"),
            HistorySize = settings.Int(at + "HistorySize"),
            HistoryTtl = settings.Duration(at + "HistoryTtl"),
            DefaultHistory = settings.Int(at + "DefaultHistory"),
            Rights = ReadRights(settings, at + "Rights"),
            Presence = settings.Flag(at + "Presence"),
            PresenceLimit = settings.Int(at + "PresenceLimit"),
            Receipts = settings.Flag(at + "Receipts"),
            EphemeralTypes = settings.List(at + "EphemeralTypes"),
            KeysPerRoom = settings.Int(at + "KeysPerRoom"),
            KeyTtl = settings.Duration(at + "KeyTtl"),
        };
    }

    private static Rights? ReadRights(SettingsSection settings, string key)
    {
        if (settings.List(key) is not { } names)
            return null;
        var rights = Rights.None;
        foreach (var name in names)
        {
            if (RightNames.TryParse(name.ToLowerInvariant(), out var right))
                rights |= right;
            else if (!name.Equals("none", StringComparison.OrdinalIgnoreCase))
                settings.Errors.Add($"{GatewayOptions.Section}:{key} must be made of {RightNames.All}, or be none.");
        }

        return rights;
    }
}
