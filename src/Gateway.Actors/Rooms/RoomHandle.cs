// What a connection holds of a room that it is in: where to tell it things, and how far it has come.

using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Rooms;

internal sealed class RoomHandle(RoomName room, NamespacePolicy policy, ActorRef actor)
{
    private long _head;

    public RoomName Room { get; } = room;

    public NamespacePolicy Policy { get; } = policy;

    public ActorRef Actor { get; } = actor;

    /// <summary>The last stored seq that the room has handed out. Written by the room alone, read by any thread.</summary>
    public long Head
    {
        get => Volatile.Read(ref _head);
        set => Volatile.Write(ref _head, value);
    }
}
