// The configuration of one gateway process, section "Gateway": plain values with their documented defaults.
// SettingsReader fills it once at start; nothing writes to it afterwards.

namespace Gateway.Host.Options;

internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    public EngineKind Engine { get; set; } = EngineKind.Embedded;

    /// <summary>How to reach Redis; may hold a password, so it is never shown.</summary>
    public string? Redis { get; set; }

    /// <summary>Null: what the server is set to.</summary>
    public RedisAckLevel? RedisAck { get; set; }

    /// <summary>Where the embedded engine keeps its journal; relative to the working directory.</summary>
    public string DataDir { get; set; } = "data";

    /// <summary>Shown to clients, operators and the other nodes; no two processes of a cluster may share one.</summary>
    public string NodeId { get; set; } = "node-1";

    /// <summary>Null or empty: none.</summary>
    public string? DefaultRoom { get; set; }

    /// <summary>Serves the demo page outside Development as well.</summary>
    public bool Demo { get; set; }

    public AuthOptions Auth { get; } = new();

    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    public IReadOnlyList<string> TrustedProxies { get; set; } = [];

    public ApiOptions Api { get; } = new();

    public AdminOptions Admin { get; } = new();

    public PresenceOptions Presence { get; } = new();

    public SessionOptions Session { get; } = new();

    public DrainOptions Drain { get; } = new();

    public HeartbeatOptions Heartbeat { get; } = new();

    public LimitOptions Limits { get; } = new();

    /// <summary>The built-in namespaces are in here only where the configuration changes one of their settings.</summary>
    public IReadOnlyList<NamespaceOptions> Namespaces { get; set; } = [];

    /// <summary>The defaults that differ in Development: guests are let in, and there is a room to meet in.</summary>
    public static GatewayOptions Defaults(bool isDevelopment)
    {
        var options = new GatewayOptions { DefaultRoom = isDevelopment ? "lobby" : null };
        options.Auth.AllowAnonymous = isDevelopment;
        return options;
    }
}

internal enum EngineKind
{
    Embedded,
    Redis,
}

internal enum RedisAckLevel
{
    Memory,
    Replicated,
    Fsync,
}

internal sealed class AuthOptions
{
    /// <summary>UTF-8 text whose bytes are the HMAC key.</summary>
    public string? SigningKey { get; set; }

    public string? JwksUrl { get; set; }

    public string? JwksFile { get; set; }

    public string? Issuer { get; set; }

    public string? Audience { get; set; }

    public bool AllowAnonymous { get; set; }

    public bool RequireAtHandshake { get; set; }
}

internal sealed class ApiOptions
{
    public IReadOnlyList<string> Keys { get; set; } = [];
}

internal sealed class AdminOptions
{
    /// <summary>0: no second listener.</summary>
    public int Port { get; set; }
}

internal sealed class PresenceOptions
{
    public int GraceMs { get; set; } = 12_000;
}

internal sealed class SessionOptions
{
    public int ResumeMs { get; set; } = 120_000;
}

internal sealed class DrainOptions
{
    public int WindowMs { get; set; } = 10_000;
}

internal sealed class HeartbeatOptions
{
    public int PingMs { get; set; } = 20_000;

    public int TimeoutMs { get; set; } = 30_000;
}

/// <summary>In all but the frame, room and outbox bounds 0 means no limit.</summary>
internal sealed class LimitOptions
{
    public double EventsPerSecond { get; set; } = 10;

    public int EventBurst { get; set; } = 20;

    public double CommandsPerSecond { get; set; } = 20;

    public int CommandBurst { get; set; } = 150;

    public int FrameBytes { get; set; } = 65_536;

    public int RoomsPerConnection { get; set; } = 128;

    public int OutboxEvents { get; set; } = 1_000;

    public int OutboxBytes { get; set; } = 1_048_576;

    public int ConnectionsPerNode { get; set; } = 100_000;

    public int ConnectionsPerUser { get; set; } = 50;

    public int ConnectionsPerAddress { get; set; }

    public int UnauthenticatedPerNode { get; set; } = 500;

    public int HandshakesPerSecond { get; set; } = 2_000;
}
