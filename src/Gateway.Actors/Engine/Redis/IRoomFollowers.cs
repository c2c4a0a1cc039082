// What the beat of a partition tells those who follow its rooms.

namespace Gateway.Actors.Engine.Redis;

internal interface IRoomFollowers
{
    bool HasRooms(int partition);

    /// <summary>Rooms that changed since the last beat: a follower that has not heard of the change reads it.</summary>
    void OnHot(int partition, IReadOnlyList<HotRoom> changed);

    /// <summary>Every followed room of the partition reads what it missed; completes when all of it has been told, true where none failed.</summary>
    ValueTask<bool> ResyncAll(int partition);
}

/// <param name="Change">The partition's change number at the room's last change.</param>
internal readonly record struct HotRoom(string Room, long Change);
