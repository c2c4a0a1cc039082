// Who owns which slot, as known now. Read on every command without a lock; replaced as a whole by a refresh, one place at a time by a redirect.

namespace Gateway.Redis.Topology;

internal sealed class Slots
{
    private PrimaryNode?[] _owners = new PrimaryNode?[RedisSlot.Count];

    public PrimaryNode? Owner(int slot) => Volatile.Read(ref Volatile.Read(ref _owners)[slot]);

    public void Move(int slot, PrimaryNode owner) => Volatile.Write(ref _owners[slot], owner);

    /// <returns>Whether anything is different from before.</returns>
    public bool Replace(PrimaryNode?[] owners)
    {
        var before = Interlocked.Exchange(ref _owners, owners);
        return !before.AsSpan().SequenceEqual(owners);
    }
}
