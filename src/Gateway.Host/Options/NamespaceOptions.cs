// What the configuration says of one namespace. Null: not said; a built-in keeps its own value, a new one takes the policy's default.

using Gateway.Actors.Policy;

namespace Gateway.Host.Options;

internal sealed class NamespaceOptions
{
    public required string Name { get; init; }

    public RoomMode? Mode { get; set; }

    public int? HistorySize { get; set; }

    public TimeSpan? HistoryTtl { get; set; }

    public int? DefaultHistory { get; set; }

    public Rights? Rights { get; set; }

    public bool? Presence { get; set; }

    public int? PresenceLimit { get; set; }

    public bool? Receipts { get; set; }

    public IReadOnlyList<string>? EphemeralTypes { get; set; }

    public int? KeysPerRoom { get; set; }

    public TimeSpan? KeyTtl { get; set; }

    public NamespacePolicy Over(NamespacePolicy policy) => policy with
    {
        Mode = Mode ?? policy.Mode,
        HistorySize = HistorySize ?? policy.HistorySize,
        HistoryTtl = HistoryTtl ?? policy.HistoryTtl,
        DefaultHistory = DefaultHistory ?? policy.DefaultHistory,
        Rights = Rights ?? policy.Rights,
        Presence = Presence ?? policy.Presence,
        PresenceLimit = PresenceLimit ?? policy.PresenceLimit,
        Receipts = Receipts ?? policy.Receipts,
        EphemeralTypes = EphemeralTypes is null ? policy.EphemeralTypes : EphemeralTypes.ToHashSet(StringComparer.Ordinal),
        KeysPerRoom = KeysPerRoom ?? policy.KeysPerRoom,
        KeyTtl = KeyTtl ?? policy.KeyTtl,
    };
}
