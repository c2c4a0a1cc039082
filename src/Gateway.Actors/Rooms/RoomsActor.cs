// The parent of a node's rooms: hands each join to its room, made where there is none, and lets idle rooms go. A room that fails is stopped; its
// members join again. It sees joins only; everything else goes to the room directly.

using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Rooms;

internal sealed class RoomsActor(NodeServices node, RoomCount count) : Actor
{
    private readonly Dictionary<RoomName, Entry> _rooms = [];
    private readonly Dictionary<ActorRef, RoomName> _names = [];

    protected override SupervisorStrategy SupervisorStrategy { get; } =
        new OneForOneStrategy(0, TimeSpan.FromMinutes(1), static _ => Directive.Stop);

    protected override void Receive(object message)
    {
        switch (message)
        {
            case JoinRoom join: OnJoin(join); break;
            case AbandonJoin abandon when _rooms.TryGetValue(abandon.Room, out var entry):
                entry.Actor.Tell(new DropMember(abandon.ConnectionId));
                break;
            case AbandonJoin: break;
            case RetireRoom retire: OnRetire(retire); break;
            case RoomFailed failed: OnFailed(failed); break;
            case Terminated terminated: OnTerminated(terminated.Ref); break;
            default: Unhandled(message); break;
        }
    }

    private void OnJoin(JoinRoom join)
    {
        if (!_rooms.TryGetValue(join.Room, out var entry))
            entry = Open(join.Room);
        if (entry.Actor.TryTell(join, Sender) == TellOutcome.Stopped)
        {
            // It has failed, and the word of it is still under way.
            entry = Open(join.Room);
            entry.Actor.Tell(join, Sender);
        }

        _rooms[join.Room] = entry with { Joins = entry.Joins + 1 };
    }

    private void OnFailed(RoomFailed failed)
    {
        if (_rooms.TryGetValue(failed.Room, out var entry) && entry.Actor == failed.Ref)
            _rooms.Remove(failed.Room);
        foreach (var (connection, message) in failed.Members)
            connection.Tell(message);
    }

    private Entry Open(RoomName room)
    {
        // Who asks has checked that the namespace is served.
        var policy = node.Options.Namespaces.Find(room)!;
        var actor = Context.Spawn(Props.Create(() => new RoomActor(node, room, policy)));
        Context.Watch(actor);
        _names[actor] = room;
        count.Add(1);
        return new Entry(actor, 0);
    }

    private void OnRetire(RetireRoom retire)
    {
        if (!_rooms.TryGetValue(retire.Room, out var entry) || entry.Actor != retire.Ref || entry.Joins != retire.JoinsSeen)
            return;
        _rooms.Remove(retire.Room);
        Context.Stop(entry.Actor);
    }

    private void OnTerminated(ActorRef actor)
    {
        if (!_names.Remove(actor, out var room))
            return;
        count.Add(-1);
        if (_rooms.TryGetValue(room, out var entry) && entry.Actor == actor)
            _rooms.Remove(room);
    }

    private readonly record struct Entry(ActorRef Actor, long Joins);
}
