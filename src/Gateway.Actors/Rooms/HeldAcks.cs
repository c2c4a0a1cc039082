// Acks of one member that wait behind events it has not got yet, by seq. On the room actor's turn.

using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

internal sealed class HeldAcks
{
    private readonly SortedList<(long Seq, long Order), (Ack Ack, bool IsAhead)> _acks = [];
    private long _order;

    public int Count => _acks.Count;

    /// <summary>Whether the event of this seq is the member's own: its first ack, not a repeated one, waits.</summary>
    public bool IsOwn(long seq)
    {
        foreach (var (key, held) in _acks)
        {
            if (key.Seq > seq)
                return false;
            if (key.Seq == seq && !held.Ack.Duplicate)
                return true;
        }

        return false;
    }

    /// <param name="isAhead">It is of an epoch that the room is yet to hear of.</param>
    public void Add(long seq, Ack ack, bool isAhead) => _acks.Add((seq, _order++), (ack, isAhead));

    /// <summary>Takes those that are not of this epoch, lowest first.</summary>
    public IReadOnlyList<Ack> TakeAllBut(string epoch)
    {
        var taken = _acks.Where(held => held.Value.Ack.Epoch != epoch).ToList();
        foreach (var (key, _) in taken)
            _acks.Remove(key);
        return taken.ConvertAll(held => held.Value.Ack);
    }

    /// <summary>The lowest up to a position, or null. Under the same numbers another epoch has other events, so what is ahead waits for its own.</summary>
    public Ack? Take(long upTo, string? epoch)
    {
        for (var i = 0; i < _acks.Count && _acks.GetKeyAtIndex(i).Seq <= upTo; i++)
        {
            var (ack, isAhead) = _acks.GetValueAtIndex(i);
            if (isAhead && ack.Epoch != epoch)
                continue;
            _acks.RemoveAt(i);
            return ack;
        }

        return null;
    }
}
