// The namespaces that this gateway serves, by name. A room of any other is forbidden.

using Gateway.Protocol;

namespace Gateway.Actors.Policy;

public sealed class Namespaces
{
    private readonly Dictionary<string, NamespacePolicy> _byName;
    private readonly NamespacePolicy _chat;

    public Namespaces(IEnumerable<NamespacePolicy> policies)
    {
        _byName = policies.ToDictionary(policy => policy.Name, StringComparer.Ordinal);
        _chat = _byName[RoomName.ChatNamespace];
    }

    public static Namespaces BuiltIn { get; } =
        new([NamespacePolicy.Chat, NamespacePolicy.User, NamespacePolicy.Telemetry]);

    public NamespacePolicy? Find(RoomName room)
    {
        var colon = room.Value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return _chat;
        return _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(room.Value.AsSpan(0, colon), out var policy) ? policy : null;
    }
}
