// Places in the counts of connections: in all, by address and by user. A place is taken at the upgrade and given back when its lease
// is disposed, so the maps hold no more entries than there are open connections.

namespace Gateway.Host.Auth;

internal sealed class ConnectionSlots
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _byAddress = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _byUser = new(StringComparer.Ordinal);
    private int _all;

    public enum Outcome
    {
        Taken,
        NodeFull,
        AddressFull,
        UserFull,
    }

    public int All => Volatile.Read(ref _all);

    /// <param name="limits">0: no limit.</param>
    public (Outcome Outcome, IDisposable? Lease) Take(
        string address, string? user, int userElsewhere, (int Node, int Address, int User) limits)
    {
        lock (_gate)
        {
            if (IsFull(_all, limits.Node))
                return (Outcome.NodeFull, null);
            if (IsFull(_byAddress.GetValueOrDefault(address), limits.Address))
                return (Outcome.AddressFull, null);
            // A user's connections that were only known by auth are in the node's count, those still being opened in ours.
            if (user is not null && IsFull(Math.Max(_byUser.GetValueOrDefault(user), userElsewhere), limits.User))
                return (Outcome.UserFull, null);
            _all++;
            Add(_byAddress, address, 1);
            if (user is not null)
                Add(_byUser, user, 1);
        }

        return (Outcome.Taken, new Lease(this, address, user));
    }

    private void GiveBack(string address, string? user)
    {
        lock (_gate)
        {
            _all--;
            Add(_byAddress, address, -1);
            if (user is not null)
                Add(_byUser, user, -1);
        }
    }

    private static bool IsFull(int count, int limit) => limit > 0 && count >= limit;

    private static void Add(Dictionary<string, int> counts, string key, int change)
    {
        var count = counts.GetValueOrDefault(key) + change;
        if (count > 0)
            counts[key] = count;
        else
            counts.Remove(key);
    }

    private sealed class Lease(ConnectionSlots slots, string address, string? user) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                slots.GiveBack(address, user);
        }
    }
}
