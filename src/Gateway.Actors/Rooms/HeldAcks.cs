// Acks of one member that wait behind events it has not got yet, by seq. On the room actor's turn.

using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

internal sealed class HeldAcks
{
    private readonly SortedList<(long Seq, long Order), Ack> _acks = [];
    private long _order;

    public int Count => _acks.Count;

    /// <summary>Whether the event of this seq is the member's own: its first ack, not a repeated one, waits.</summary>
    public bool IsOwn(long seq)
    {
        foreach (var (key, ack) in _acks)
        {
            if (key.Seq > seq)
                return false;
            if (key.Seq == seq && !ack.Duplicate)
                return true;
        }

        return false;
    }

    public void Add(long seq, Ack ack) => _acks.Add((seq, _order++), ack);

    /// <summary>Takes those that are not of this epoch, lowest first.</summary>
    public IReadOnlyList<Ack> TakeAllBut(string epoch)
    {
        var taken = _acks.Where(held => held.Value.Epoch != epoch).ToList();
        foreach (var (key, _) in taken)
            _acks.Remove(key);
        return taken.ConvertAll(held => held.Value);
    }

    /// <returns>The lowest up to a seq, or null.</returns>
    public Ack? Take(long upTo)
    {
        if (_acks.Count == 0 || _acks.GetKeyAtIndex(0).Seq > upTo)
            return null;
        var ack = _acks.GetValueAtIndex(0);
        _acks.RemoveAt(0);
        return ack;
    }
}
