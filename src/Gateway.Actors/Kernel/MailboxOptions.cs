// The bounds of one actor's queues.

namespace Gateway.Actors.Kernel;

public sealed class MailboxOptions
{
    internal static readonly MailboxOptions Default = new();

    private readonly int? _capacity;
    private readonly int _stashCapacity = 1024;

    /// <summary>Most user messages that may wait; null: no bound. Timers, piped results and death watch are not counted: the actor itself asked for them.</summary>
    public int? Capacity
    {
        get => _capacity;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value ?? 1, nameof(Capacity));
            _capacity = value;
        }
    }

    /// <summary>Most messages that may be stashed at once.</summary>
    public int StashCapacity
    {
        get => _stashCapacity;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(StashCapacity));
            _stashCapacity = value;
        }
    }
}
