// Who is typing in a room, as this node's connections said it: damping, expiry, ends. No clock and no I/O of its own.

namespace Gateway.Actors.Rooms;

internal sealed class TypingTable
{
    /// <summary>A start is told at most so often (the contract's number).</summary>
    public static readonly TimeSpan Damping = TimeSpan.FromSeconds(2);

    /// <summary>After the last start the end is told by itself (the contract's number).</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Typist> _typists = new(StringComparer.Ordinal);

    /// <returns>Whether the start is to be told.</returns>
    public bool Start(Typist typist, long now, TimeProvider time)
    {
        if (_typists.TryGetValue(typist.UserId, out var known) && time.GetElapsedTime(known.ToldAt, now) < Damping)
        {
            // The form of the start that was told is the form its end takes.
            _typists[typist.UserId] = known with { LastAt = now };
            return false;
        }

        _typists[typist.UserId] = typist with { LastAt = now, ToldAt = now };
        return true;
    }

    /// <returns>The typing that ended, or null where there was none.</returns>
    public Typist? End(string userId) => _typists.Remove(userId, out var typist) ? typist : null;

    /// <summary>Takes out those whose last start is too long ago.</summary>
    public List<Typist> TakeExpired(long now, TimeProvider time)
    {
        var expired = _typists.Values.Where(typist => time.GetElapsedTime(typist.LastAt, now) >= Expiry).ToList();
        foreach (var typist in expired)
            _typists.Remove(typist.UserId);
        return expired;
    }

    /// <summary>How long until the next one expires; null where nobody types.</summary>
    public TimeSpan? NextExpiry(long now, TimeProvider time)
    {
        TimeSpan? next = null;
        foreach (var typist in _typists.Values)
        {
            var left = Expiry - time.GetElapsedTime(typist.LastAt, now);
            if (next is null || left < next)
                next = left;
        }

        return next;
    }

    public bool Contains(string userId) => _typists.ContainsKey(userId);

    public bool IsEmpty => _typists.Count == 0;
}

/// <param name="RoomField">The member that named the room in the client's words; repeated to the others.</param>
internal sealed record Typist(string UserId, string Name, bool CarriedFlag, ReadOnlyMemory<byte> RoomField)
{
    public long LastAt { get; init; }

    public long ToldAt { get; init; }
}
