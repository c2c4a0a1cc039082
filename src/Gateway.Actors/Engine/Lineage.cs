// The epochs a room had before its current one, each with its cut: the last position of it that is still true.
// Immutable; bounded to the last 64, past which a position is unknown (Reset).

namespace Gateway.Actors.Engine;

internal sealed class Lineage
{
    public const int Limit = 64;

    private readonly (string Epoch, long Cut)[] _entries;

    private Lineage((string Epoch, long Cut)[] entries) => _entries = entries;

    public static Lineage Empty { get; } = new([]);

    public static Lineage Parse(string text) =>
        text.Length == 0 ? Empty : new Lineage([.. text.Split(',').Select(entry =>
        {
            var colon = entry.IndexOf(':', StringComparison.Ordinal);
            return (entry[..colon], long.Parse(entry.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture));
        })]);

    public Lineage With(IEnumerable<string> epochs, long cut) =>
        new([.. _entries.Concat(epochs.Select(epoch => (epoch, cut))).TakeLast(Limit)]);

    /// <summary>What a position proves in a room whose current one is given. The cut is that of the epoch asked about.</summary>
    public (Continuity Continuity, long Cut) Judge(RoomPosition current, string? epoch, long position)
    {
        if (epoch is null || epoch == current.Epoch)
            return position <= current.Top ? (Continuity.Proven, current.Top) : (Continuity.Reset, 0);

        for (var i = _entries.Length - 1; i >= 0; i--)
        {
            if (_entries[i].Epoch != epoch)
                continue;
            // Only the oldest part that survived all later epochs counts.
            var cut = _entries[i].Cut;
            for (var later = i + 1; later < _entries.Length; later++)
                cut = Math.Min(cut, _entries[later].Cut);
            if (position <= cut)
                return (Continuity.Proven, cut);
            // Where nothing is left of an epoch, "rolled back" to 0 and "begins anew" are the same, and Reset says it better.
            return cut == 0 ? (Continuity.Reset, 0) : (Continuity.RolledBack, cut);
        }

        return (Continuity.Reset, 0);
    }

    /// <summary>The former epoch in which a position was stored; null where that was the current one, or is no longer known.</summary>
    public string? EpochOf(long seq)
    {
        foreach (var (epoch, cut) in _entries)
        {
            if (seq <= cut)
                return epoch;
        }

        return null;
    }

    public override string ToString() => string.Join(',', _entries.Select(entry => $"{entry.Epoch}:{entry.Cut}"));
}
