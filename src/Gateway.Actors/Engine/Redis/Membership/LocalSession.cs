// A session that a connection of this node owns, as the node knows it. Changed by LocalSessions alone.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis;

internal sealed class LocalSession(SessionKey key, SessionOwner owner)
{
    public string Id { get; } = key.Id;

    public long Fence { get; } = key.Fence;

    public SessionKey Key => new(Id, Fence);

    public string UserId { get; } = owner.UserId;

    public string Name { get; } = owner.Name;

    public ulong ConnectionId { get; } = owner.ConnectionId;

    public HashSet<RoomName> Rooms { get; } = [];

    /// <summary>Rooms whose join or leave failed with an outcome that nobody knows; they are left again.</summary>
    public HashSet<RoomName> Doubtful { get; } = [];
}
