// What a room knows on this node: its members, its head, its newest events. Owned by the room actor; the parts of the room work on it in turn.

using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Rooms;

internal sealed class RoomState(RoomHandle handle)
{
    // An ack is under way for seconds at most; so many epochs do not come and go meanwhile.
    private const int MaxFormerEpochs = 8;

    private readonly Queue<string> _formerEpochs = [];
    private string _epoch = "";

    public RoomHandle Handle { get; } = handle;

    public RoomName Room => Handle.Room;

    public NamespacePolicy Policy => Handle.Policy;

    public bool IsLog => Policy.Mode == RoomMode.Log;

    public string Epoch
    {
        get => _epoch;
        set
        {
            if (value == _epoch)
                return;
            if (_formerEpochs.Count == MaxFormerEpochs)
                _formerEpochs.Dequeue();
            _formerEpochs.Enqueue(_epoch);
            _epoch = value;
        }
    }

    /// <summary>Whether the room has been in that epoch and is not any more.</summary>
    public bool WasIn(string? epoch) => epoch is not null && epoch != _epoch && _formerEpochs.Contains(epoch);

    public Dictionary<ulong, Member> Members { get; } = [];

    public List<DialectLane> Lanes { get; } = [];

    public RecentEvents Recent { get; } = new();

    public RoomPosition Position => new(Epoch, Handle.Head);

    /// <summary>Users present on all nodes, as last heard.</summary>
    public int UserCount { get; set; }

    /// <summary>Above its limit a room is a crowd: digests instead of names, no typing, no receipts.</summary>
    public bool IsCrowd => UserCount > Policy.PresenceLimit;

    public void Add(Member member)
    {
        var lane = Lanes.Find(candidate => candidate.Dialect == member.Dialect);
        if (lane is null)
            Lanes.Add(lane = new DialectLane(member.Dialect));
        member.Lane = lane;
        Members[member.ConnectionId] = member;
    }

    public bool IsCurrent(Member member) =>
        Members.TryGetValue(member.ConnectionId, out var current) && ReferenceEquals(current, member);

    public bool HasConnectionOf(string userId)
    {
        foreach (var member in Members.Values)
        {
            if (member.UserId == userId)
                return true;
        }

        return false;
    }
}
