// The claim "rooms": patterns of room names and the rights they give. The longest match decides.

using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Connections;

public sealed class RoomGrants
{
    private readonly Dictionary<string, Rights> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, Rights Rights)> _prefixes = [];

    private RoomGrants()
    {
    }

    /// <summary>Null where a key is neither a room name nor a pattern that ends in its only star.</summary>
    public static RoomGrants? Create(IEnumerable<KeyValuePair<string, Rights>> claim)
    {
        var grants = new RoomGrants();
        foreach (var (key, rights) in claim)
        {
            if (!grants.TryAdd(key, rights))
                return null;
        }

        grants._prefixes.Sort((a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
        return grants;
    }

    public Rights Find(RoomName room)
    {
        if (_exact.TryGetValue(room.Value, out var exact))
            return exact;
        var qualified = room.Qualified;
        foreach (var (prefix, rights) in _prefixes)
        {
            if (prefix.Length == 0 ? !room.IsUserRoom : qualified.StartsWith(prefix, StringComparison.Ordinal))
                return rights;
        }

        return Rights.None;
    }

    private bool TryAdd(string key, Rights rights)
    {
        if (!key.EndsWith('*'))
        {
            if (!RoomName.TryParse(key, out var room))
                return false;
            _exact[room.Value] = rights;
            return true;
        }

        var prefix = key[..^1];
        // A letter in the star's place shows whether the rest could begin a room name.
        if (prefix.Length > 0 && !RoomName.TryParse(prefix + "x", out _))
            return false;
        if (prefix.Length > 0 && !prefix.Contains(':', StringComparison.Ordinal))
            prefix = "chat:" + prefix;
        _prefixes.Add((prefix, rights));
        return true;
    }
}
