// What holds for every room of one namespace. Immutable; built once from the options.

using Gateway.Protocol;

namespace Gateway.Actors.Policy;

public enum RoomMode
{
    /// <summary>Events are stored and numbered.</summary>
    Log,

    /// <summary>The newest event of each key.</summary>
    Latest,

    /// <summary>Relayed to who is there, never stored.</summary>
    Ephemeral,
}

[Flags]
public enum Rights
{
    None = 0,
    Join = 1,
    Publish = 2,
    Presence = 4,
    History = 8,
    All = Join | Publish | Presence | History,
}

public sealed record NamespacePolicy
{
    public required string Name { get; init; }

    public RoomMode Mode { get; init; } = RoomMode.Log;

    /// <summary>A history keeps at least so many of the newest events, and at most <see cref="HistorySlack"/> more.</summary>
    public int HistorySize { get; init; } = 1000;

    public TimeSpan HistoryTtl { get; init; } = TimeSpan.FromDays(7);

    public int DefaultHistory { get; init; } = 50;

    /// <summary>What a user without the claim <c>rooms</c> may do.</summary>
    public Rights Rights { get; init; } = Rights.All;

    public bool Presence { get; init; } = true;

    public int PresenceLimit { get; init; } = 100;

    public bool Receipts { get; init; } = true;

    public IReadOnlySet<string> EphemeralTypes { get; init; } = new HashSet<string>();

    public int KeysPerRoom { get; init; } = 10_000;

    public TimeSpan KeyTtl { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How far a history may outgrow its size before it is trimmed (the contract's bound).</summary>
    public const int HistorySlack = 200;

    public static NamespacePolicy Chat { get; } = new() { Name = RoomName.ChatNamespace };

    public static NamespacePolicy User { get; } = new()
    {
        Name = RoomName.UserNamespace,
        HistorySize = 200,
        HistoryTtl = TimeSpan.FromDays(1),
        DefaultHistory = 0,
        Rights = Rights.None,
        Presence = false,
        Receipts = false,
    };

    public static NamespacePolicy Telemetry { get; } = new()
    {
        Name = "telemetry",
        Mode = RoomMode.Latest,
        DefaultHistory = 0,
        Rights = Rights.Join,
        Presence = false,
        Receipts = false,
    };
}
