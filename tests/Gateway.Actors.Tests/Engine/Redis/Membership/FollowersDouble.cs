// Followers that follow nothing, and keep what the beats told them.

using System.Collections.Concurrent;
using Gateway.Actors.Engine.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

internal sealed class FollowersDouble : IRoomFollowers
{
    public ConcurrentQueue<HotRoom> Hot { get; } = new();

    public ConcurrentQueue<int> Resynced { get; } = new();

    public bool Succeeds { get; set; } = true;

    public bool HasRooms(int partition) => true;

    public void OnHot(int partition, IReadOnlyList<HotRoom> changed)
    {
        foreach (var room in changed)
            Hot.Enqueue(room);
    }

    public ValueTask<bool> ResyncAll(int partition)
    {
        Resynced.Enqueue(partition);
        return new(Succeeds);
    }
}
