// The addresses of rooms that are published to, made once and kept, up to a bound. Any thread.

using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class RoomAddresses(RedisLink link)
{
    // About 2 KB each. Past it all are dropped and made anew: cheap, since it takes as many rooms to get there again.
    private const int Bound = 16_384;

    private readonly ConcurrentDictionary<RoomName, RoomAddress> _byRoom = new();
    private int _count;

    /// <summary>Null: a namespace that is not served.</summary>
    public RoomAddress? Of(RoomName room)
    {
        if (_byRoom.TryGetValue(room, out var known))
            return known;
        if (link.Options.Namespaces.Find(room) is not { } policy)
            return null;
        if (Interlocked.Increment(ref _count) > Bound)
        {
            _byRoom.Clear();
            Volatile.Write(ref _count, 1);
        }

        return _byRoom[room] = new RoomAddress(link, room, policy);
    }
}
