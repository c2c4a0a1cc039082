// The clients' ids that a room remembers, by hash: bounded by age and by count. Owned by the writer thread; the rows in the
// journal follow it. No clock, no I/O.

namespace Gateway.Actors.Engine.Embedded;

internal readonly record struct RememberedId(long Number, UInt128 Hash, long Seq, long At);

internal sealed class IdWindow(long windowMs, int limit, long first)
{
    private readonly Dictionary<UInt128, RememberedId> _byHash = [];
    private readonly Queue<RememberedId> _inOrder = [];

    /// <summary>Ids are numbered from 1 within a room.</summary>
    public long Last { get; private set; } = first - 1;

    /// <summary>The number of the oldest one that is remembered; Last + 1 where none is.</summary>
    public long First => _inOrder.TryPeek(out var oldest) ? oldest.Number : Last + 1;

    public bool TryFind(UInt128 hash, long now, out RememberedId found) =>
        _byHash.TryGetValue(hash, out found) && IsFresh(found, now);

    /// <summary>Remembers one that TryFind did not know.</summary>
    public RememberedId Add(UInt128 hash, long seq, long at)
    {
        var id = new RememberedId(Last + 1, hash, seq, at);
        Append(id);
        return id;
    }

    /// <summary>Also for what the journal had, in order.</summary>
    public void Append(RememberedId id)
    {
        Last = id.Number;
        _inOrder.Enqueue(id);
        _byHash[id.Hash] = id;
    }

    /// <summary>Drops what is too old or too many.</summary>
    public void Purge(long now)
    {
        while (_inOrder.TryPeek(out var oldest) && !IsFresh(oldest, now))
        {
            _inOrder.Dequeue();
            if (_byHash.TryGetValue(oldest.Hash, out var known) && known.Number == oldest.Number)
                _byHash.Remove(oldest.Hash);
        }
    }

    private bool IsFresh(RememberedId id, long now) => now - id.At <= windowMs && id.Number > Last - limit;
}
