// Who is present in which room, counted from the sessions. Owned by the writer thread. Pure: no clock, no I/O.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class PresenceTable
{
    private readonly Dictionary<RoomName, RoomPresence> _rooms = [];

    public IEnumerable<RoomName> Rooms => _rooms.Where(room => room.Value.Users.Count > 0).Select(room => room.Key);

    /// <summary>A session of the user begins to count in the room.</summary>
    /// <param name="since">When the user came, where this is the first.</param>
    /// <returns>What is to be told, if the user was not there; and since when the user is there.</returns>
    public (PresenceChanged? Change, long Since) Add(RoomName room, string userId, string name, bool attached, long since)
    {
        if (!_rooms.TryGetValue(room, out var presence))
            _rooms[room] = presence = new RoomPresence();
        var isNew = !presence.Users.TryGetValue(userId, out var user);
        if (user is null)
            presence.Users[userId] = user = new Present { Since = since };
        user.Since = Math.Min(user.Since, since);
        user.Name = name;
        user.Sessions++;
        if (attached)
            Attach(presence, user, 1);
        return (isNew ? Changed(presence, userId, name, joined: true, LeaveReason.Left, since) : null, user.Since);
    }

    /// <summary>A session of the user counts no longer in the room.</summary>
    public PresenceChanged? Remove(RoomName room, string userId, bool attached, LeaveReason reason, long now)
    {
        var presence = _rooms[room];
        var user = presence.Users[userId];
        user.Sessions--;
        if (attached)
            Attach(presence, user, -1);
        if (user.Sessions > 0)
            return null;
        presence.Users.Remove(userId);
        return Changed(presence, userId, user.Name, joined: false, reason, now);
    }

    /// <summary>A session that counts in the room got or lost its connection.</summary>
    /// <param name="name">The name it brought; null: none.</param>
    public void Attach(RoomName room, string userId, string? name, int change)
    {
        var presence = _rooms[room];
        var user = presence.Users[userId];
        user.Name = name ?? user.Name;
        Attach(presence, user, change);
    }

    public RoomMembership Describe(RoomName room, int userLimit, bool alreadyThere)
    {
        if (!_rooms.TryGetValue(room, out var presence))
            return new RoomMembership(0, 0, userLimit >= 0 ? [] : null, alreadyThere);
        return new RoomMembership(presence.Version, presence.Users.Count, presence.Users.Count <= userLimit ? Users(presence) : null, alreadyThere);
    }

    public (int Users, int Connections) Count(RoomName room) =>
        _rooms.TryGetValue(room, out var presence) ? (presence.Users.Count, presence.Connections) : (0, 0);

    /// <summary>The present users' names by id; for comparing what was told with what holds.</summary>
    public Dictionary<string, string> Names(RoomName room) =>
        _rooms.TryGetValue(room, out var presence) ? presence.Users.ToDictionary(user => user.Key, user => user.Value.Name, StringComparer.Ordinal) : [];

    public long Version(RoomName room) => _rooms.TryGetValue(room, out var presence) ? presence.Version : 0;

    public void SetVersion(RoomName room, long version)
    {
        if (!_rooms.TryGetValue(room, out var presence))
            _rooms[room] = presence = new RoomPresence();
        presence.Version = version;
    }

    /// <summary>An empty room nobody listens to needs no version.</summary>
    public void ForgetIfEmpty(RoomName room)
    {
        if (_rooms.TryGetValue(room, out var presence) && presence.Users.Count == 0)
            _rooms.Remove(room);
    }

    private static void Attach(RoomPresence presence, Present user, int change)
    {
        user.Devices += change;
        presence.Connections += change;
    }

    private static List<PresentUser> Users(RoomPresence presence) =>
        [.. presence.Users
            .Select(user => new PresentUser(user.Key, user.Value.Name, DateTimeOffset.FromUnixTimeMilliseconds(user.Value.Since), user.Value.Devices))
            .OrderBy(user => user.Since).ThenBy(user => user.UserId, StringComparer.Ordinal)];

    private static PresenceChanged Changed(RoomPresence presence, string userId, string name, bool joined, LeaveReason reason, long at) =>
        new(++presence.Version, userId, name, joined, reason, DateTimeOffset.FromUnixTimeMilliseconds(at), presence.Users.Count);

    private sealed class RoomPresence
    {
        public long Version { get; set; }

        public int Connections { get; set; }

        public Dictionary<string, Present> Users { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Present
    {
        public string Name { get; set; } = "";

        public long Since { get; set; }

        /// <summary>All that count, detached ones in their grace period included.</summary>
        public int Sessions { get; set; }

        public int Devices { get; set; }
    }
}
