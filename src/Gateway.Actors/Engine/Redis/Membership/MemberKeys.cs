// Which partition's keys a user, a room or a session's entries have.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis;

internal sealed class MemberKeys(IReadOnlyList<PartitionKeys> partitions)
{
    public IReadOnlyList<PartitionKeys> All => partitions;

    public PartitionKeys OfUser(string userId) => partitions[Partitions.Of(userId)];

    public PartitionKeys Of(RoomName room) => partitions[Partitions.Of(room.Value)];

    /// <summary>What a session owns: in its user's partition itself, in each of its rooms' partitions the room. As Redis writes it, without the owner.</summary>
    public static string EntryOf(string userId, string sessionId, RoomName? room = null) => $"{room?.Value}\0{userId}\0{sessionId}";

    /// <summary>False where it is none; the room is null for the session itself.</summary>
    public static bool TryParse(string entry, out RoomName? room, out string userId, out string sessionId)
    {
        var parts = entry.Split('\0');
        (room, userId, sessionId) = (null, "", "");
        if (parts.Length != 3)
            return false;
        (userId, sessionId) = (parts[1], parts[2]);
        if (parts[0].Length == 0)
            return true;
        var isRoom = RoomName.TryParse(parts[0], out var name);
        room = name;
        return isRoom;
    }
}
