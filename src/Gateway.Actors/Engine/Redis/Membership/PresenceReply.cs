// A room's presence as the functions answer it: version, how many, and unless they are too many who.

using System.Globalization;
using Gateway.Protocol.Outbound;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal static class PresenceReply
{
    private const int Head = 3;

    /// <param name="reply">"ok", version, count, then user and "sessions devices since name" in turn.</param>
    public static RoomMembership Parse(in RedisReply reply, int userLimit, bool alreadyThere)
    {
        var count = (int)reply[2].Integer;
        return new RoomMembership(reply[1].Integer, count, count <= userLimit ? Users(reply) : null, alreadyThere);
    }

    private static List<PresentUser> Users(in RedisReply reply)
    {
        var users = new List<PresentUser>((reply.Count - Head) / 2);
        for (var i = Head; i + 1 < reply.Count; i += 2)
            users.Add(User(reply[i].Text, reply[i + 1].Text));
        users.Sort(static (one, other) => one.Since != other.Since
            ? one.Since.CompareTo(other.Since)
            : string.CompareOrdinal(one.UserId, other.UserId));
        return users;
    }

    private static PresentUser User(string userId, string text)
    {
        var parts = text.Split(' ', 4);
        var devices = parts.Length > 1 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var since = parts.Length > 2 && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : 0;
        return new PresentUser(userId, parts.Length > 3 ? parts[3] : userId, DateTimeOffset.FromUnixTimeMilliseconds(since), devices);
    }
}
