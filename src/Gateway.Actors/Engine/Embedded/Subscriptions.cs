// Who listens to which room on this node, and up to where they were told. Changed by the writer thread; looked up by any
// (ephemeral events and signals go straight through).

using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class Subscription(IRoomListener listener)
{
    public IRoomListener Listener { get; } = listener;

    /// <summary>The last position it was told, or that Subscribe answered. The writer thread's.</summary>
    public long ToldTop { get; set; }
}

internal sealed class Subscriptions
{
    private readonly ConcurrentDictionary<RoomName, Subscription> _byRoom = new();

    public IEnumerable<KeyValuePair<RoomName, Subscription>> All => _byRoom;

    public Subscription? Find(RoomName room) => _byRoom.TryGetValue(room, out var subscription) ? subscription : null;

    public bool Contains(RoomName room) => _byRoom.ContainsKey(room);

    public void Set(RoomName room, Subscription subscription) => _byRoom[room] = subscription;

    public bool Remove(RoomName room, IRoomListener listener) =>
        _byRoom.TryGetValue(room, out var subscription) && ReferenceEquals(subscription.Listener, listener)
        && _byRoom.TryRemove(new KeyValuePair<RoomName, Subscription>(room, subscription));
}
