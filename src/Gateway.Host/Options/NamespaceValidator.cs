// The part of the start check that is about namespaces, one by one.

using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Host.Options;

internal static class NamespaceValidator
{
    private const int MaxHistory = 1_000_000;

    public static void Check(IReadOnlyList<NamespaceOptions> namespaces, List<string> errors)
    {
        foreach (var entry in namespaces)
            Check(entry, errors);
    }

    private static void Check(NamespaceOptions entry, List<string> errors)
    {
        var at = $"{GatewayOptions.Section}:Namespaces:{entry.Name}";
        if (entry.Name.Contains(':', StringComparison.Ordinal) || !RoomName.TryParse(entry.Name + ":x", out _))
            errors.Add($"{at} must be named by letters, digits or . _ - @.");
        if (entry.Name.Equals(RoomName.UserNamespace, StringComparison.OrdinalIgnoreCase) && entry.Mode is not (null or RoomMode.Log))
            errors.Add($"{at}:Mode must be log: a user's own room is stored.");
        Range("HistorySize", entry.HistorySize, 1, MaxHistory);
        Range("DefaultHistory", entry.DefaultHistory, 0, MaxHistory);
        Range("PresenceLimit", entry.PresenceLimit, 0, MaxHistory);
        Range("KeysPerRoom", entry.KeysPerRoom, 1, MaxHistory);
        Positive("HistoryTtl", entry.HistoryTtl);
        Positive("KeyTtl", entry.KeyTtl);
        if (entry.EphemeralTypes?.Any(type => type.Length > ProtocolLimits.TypeChars) == true)
            errors.Add($"{at}:EphemeralTypes must be made of types of at most {ProtocolLimits.TypeChars} characters.");

        void Range(string key, int? value, int low, int high)
        {
            if (value < low || value > high)
                errors.Add($"{at}:{key} must be {low} to {high}.");
        }

        void Positive(string key, TimeSpan? value)
        {
            if (value <= TimeSpan.Zero)
                errors.Add($"{at}:{key} must be above zero.");
        }
    }
}
