// The names of all keys and channels. Each begins with the gateway's prefix and its partition's hash tag.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis;

/// <summary>The keys of one partition; one instance a partition, made once.</summary>
internal sealed class PartitionKeys(int number)
{
    private readonly string _prefix = $"gw:{{{Partitions.TagOf(number)}}}:";

    public int Number { get; } = number;

    /// <summary>Hash: run, gen, gens, clock, beat, hold, pseq, lseq.</summary>
    public string Inc => _prefix + "inc";

    /// <summary>Sorted set: room → the change number of its last change. The change feed.</summary>
    public string Hot => _prefix + "hot";

    /// <summary>Sorted set by name: every room that has events or members.</summary>
    public string Rooms => _prefix + "rooms";

    /// <summary>Sorted set: incarnation → when its lease runs out.</summary>
    public string Lease => _prefix + "lease";

    /// <summary>Sorted set by name: "incarnation\0room\0user\0session"; the room is empty for the session itself.</summary>
    public string Own => _prefix + "own";

    /// <summary>Sorted set: "room\0user\0session" → deadline.</summary>
    public string Grace => _prefix + "grace";

    /// <summary>Stream: what all nodes are to know (takeovers, expulsions); ids "lseq-0".</summary>
    public string Notices => _prefix + "notices";

    /// <summary>Shard channel: the same at once.</summary>
    public string NoticesChannel => _prefix + "n";

    /// <summary>Hash: node → what it said of itself last. Of partition 0 only.</summary>
    public string Nodes => _prefix + "nodes";

    /// <summary>Hash: what the cluster was installed with. Of partition 0 only.</summary>
    public string Install => _prefix + "install";

    public string Probe => _prefix + "probe";

    /// <summary>Hash: a user's sessions and refusal.</summary>
    public string User(string userId) => _prefix + "u:" + userId;

    public RoomKeys Room(RoomName room) => new(room, this, _prefix + "r:" + room.Value);
}

/// <summary>The keys of one room.</summary>
internal sealed class RoomKeys(RoomName room, PartitionKeys partition, string prefix)
{
    public RoomName Room { get; } = room;

    public PartitionKeys Partition { get; } = partition;

    /// <summary>Hash: e(poch), t(op), g(eneration), l(ineage) and the state of the id window.</summary>
    public string Meta { get; } = prefix + ":m";

    /// <summary>Stream: id "seq-0".</summary>
    public string Events { get; } = prefix + ":s";

    /// <summary>Hashes: the id window, in two generations.</summary>
    public string Ids { get; } = prefix + ":i0";

    public string FormerIds { get; } = prefix + ":i1";

    /// <summary>Hash: who is present.</summary>
    public string Presence { get; } = prefix + ":p";

    /// <summary>Stream: the last presence changes, id "version-0".</summary>
    public string PresenceLog { get; } = prefix + ":pl";

    /// <summary>Hash: cursors.</summary>
    public string Cursors { get; } = prefix + ":c";

    /// <summary>Shard channel: what happens in the room.</summary>
    public string Channel { get; } = prefix + ":ch";
}
