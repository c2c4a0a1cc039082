// A room's history in storage that rolls back: what the engine's reads would answer, as a test tells it to.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Rooms;

internal sealed class RolledHistory(string epoch, IEnumerable<RoomEvent> events)
{
    private readonly List<RoomEvent> _events = [.. events];
    private readonly Dictionary<string, long> _cuts = [];

    public RoomPosition Position => new(epoch, _events.Count);

    /// <summary>What is above the cut is lost; what comes is of the new epoch.</summary>
    public void Roll(string to, long cut)
    {
        foreach (var former in _cuts.Keys.ToArray())
            _cuts[former] = Math.Min(_cuts[former], cut);
        _cuts[epoch] = cut;
        epoch = to;
        _events.RemoveRange((int)cut, _events.Count - (int)cut);
    }

    public EventsStored Add(params string[] contents)
    {
        var added = contents.Select((content, i) => new RoomEvent
        {
            Room = RoomName.Parse("lobby"),
            Type = "message",
            Id = content,
            SenderId = "other",
            SenderName = "other",
            Epoch = epoch,
            Seq = _events.Count + 1 + i,
            Fields = System.Text.Encoding.UTF8.GetBytes($"\"content\":\"{content}\""),
        }).ToList();
        _events.AddRange(added);
        return new EventsStored(epoch, added);
    }

    public HistoryPage Read(HistoryQuery query)
    {
        var after = query.After!.Value;
        var (continuity, from, to) = (Continuity.Proven, 0L, 0L);
        if (query.ProofEpoch is { } proof && proof != epoch)
        {
            if (!_cuts.TryGetValue(proof, out var cut))
                (continuity, after) = (Continuity.Reset, 0);
            else if (after > cut)
                (continuity, from, to, after) = (Continuity.RolledBack, cut + 1, after, cut);
        }
        else if (after > _events.Count)
        {
            (continuity, after) = (Continuity.Reset, 0);
        }

        var found = _events.Where(one => one.Seq > after).Take(query.Limit).ToList();
        return new HistoryPage(EngineStatus.Ok, Position, continuity, from, to, found, after + found.Count < _events.Count);
    }
}
