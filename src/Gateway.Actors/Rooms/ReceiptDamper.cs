// Lets a user's cursor pass at most once a second for each status; of what comes meanwhile only the furthest counts. No clock of its own.

using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Rooms;

internal sealed class ReceiptDamper
{
    /// <summary>The contract's number.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string UserId, ReceiptStatus Status), Entry> _entries = [];

    /// <returns>Whether the cursor may pass now; otherwise it is kept for <see cref="TakeDue"/>.</returns>
    public bool TryPass(string userId, ReceiptStatus status, long seq, long now, TimeProvider time)
    {
        var key = (userId, status);
        if (_entries.TryGetValue(key, out var entry) && time.GetElapsedTime(entry.PassedAt, now) < Interval)
        {
            _entries[key] = entry with { Waiting = Math.Max(entry.Waiting, seq) };
            return false;
        }

        _entries[key] = new Entry(now, 0);
        return true;
    }

    /// <summary>Takes what has waited long enough, and forgets who has nothing waiting.</summary>
    public List<(string UserId, ReceiptStatus Status, long Seq)> TakeDue(long now, TimeProvider time)
    {
        List<(string, ReceiptStatus, long)> due = [];
        foreach (var (key, entry) in _entries.ToList())
        {
            if (time.GetElapsedTime(entry.PassedAt, now) < Interval)
                continue;
            if (entry.Waiting == 0)
            {
                _entries.Remove(key);
                continue;
            }

            due.Add((key.UserId, key.Status, entry.Waiting));
            _entries[key] = new Entry(now, 0);
        }

        return due;
    }

    public bool IsEmpty => _entries.Count == 0;

    /// <param name="Waiting">0: nothing.</param>
    private readonly record struct Entry(long PassedAt, long Waiting);
}
