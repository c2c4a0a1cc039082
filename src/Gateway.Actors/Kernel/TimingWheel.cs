// A hashed timing wheel: entries by their due tick modulo the number of slots. Pure: the caller brings the time and the lock.
// Add and Remove take constant time, Advance the entries of the slots it passes.

namespace Gateway.Actors.Kernel;

internal sealed class TimingWheel
{
    private readonly WheelEntry?[] _heads;
    private readonly WheelEntry?[] _tails;
    private readonly int _mask;
    private long _now;

    /// <param name="slots">A power of two.</param>
    public TimingWheel(int slots)
    {
        if (!System.Numerics.BitOperations.IsPow2(slots))
            throw new ArgumentOutOfRangeException(nameof(slots), slots, "The number of slots must be a power of two.");
        _heads = new WheelEntry?[slots];
        _tails = new WheelEntry?[slots];
        _mask = slots - 1;
    }

    public int Count { get; private set; }

    /// <summary>Queues an entry; one due at or before the last Advance is due at the next tick.</summary>
    public void Add(WheelEntry entry, long dueTick)
    {
        entry.DueTick = Math.Max(dueTick, _now + 1);
        entry.IsQueued = true;
        var slot = entry.DueTick & _mask;
        entry.Previous = _tails[slot];
        entry.Next = null;
        if (entry.Previous is null)
            _heads[slot] = entry;
        else
            entry.Previous.Next = entry;
        _tails[slot] = entry;
        Count++;
    }

    public bool Remove(WheelEntry entry)
    {
        if (!entry.IsQueued)
            return false;
        var slot = entry.DueTick & _mask;
        if (entry.Previous is null)
            _heads[slot] = entry.Next;
        else
            entry.Previous.Next = entry.Next;
        if (entry.Next is null)
            _tails[slot] = entry.Previous;
        else
            entry.Next.Previous = entry.Previous;
        (entry.Previous, entry.Next, entry.IsQueued) = (null, null, false);
        Count--;
        return true;
    }

    /// <summary>Moves the time on and appends what became due, by due tick and then in the order in which it was added.</summary>
    public void Advance(long tick, List<WheelEntry> due)
    {
        if (tick <= _now)
            return;
        var first = _now + 1;
        var wholeTurn = tick - _now > _mask;
        _now = tick;
        if (Count == 0)
            return;
        if (!wholeTurn)
        {
            for (var t = first; t <= tick; t++)
                TakeDue(t & _mask, tick, due);
            return;
        }

        // A jump over a whole turn: slots no longer tell the order.
        var all = new List<WheelEntry>();
        for (var slot = 0; slot <= _mask; slot++)
            TakeDue(slot, tick, all);
        due.AddRange(all.OrderBy(entry => entry.DueTick));
    }

    /// <summary>A tick at which to advance next: never later than the first due entry; null: nothing waits.</summary>
    public long? NextTick()
    {
        if (Count == 0)
            return null;
        var tick = _now + 1;
        while (_heads[tick & _mask] is null)
            tick++;
        return tick;
    }

    private void TakeDue(long slot, long tick, List<WheelEntry> due)
    {
        var entry = _heads[slot];
        while (entry is not null)
        {
            var next = entry.Next;
            if (entry.DueTick <= tick)
            {
                Remove(entry);
                due.Add(entry);
            }

            entry = next;
        }
    }
}
