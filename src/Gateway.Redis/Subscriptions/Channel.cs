// One channel that somebody here listens to: where it is asked for, whether it holds, and who listens. All of it is kept under the hub's lock.

using Gateway.Redis.Topology;

namespace Gateway.Redis.Subscriptions;

internal sealed class Channel(int slot, string text, byte[] name)
{
    public int Slot => slot;

    public string Text => text;

    public byte[] Name => name;

    public RedisCommand Subscribe { get; } = RedisCommand.Of("SSUBSCRIBE", name);

    public RedisCommand Unsubscribe { get; } = RedisCommand.Of("SUNSUBSCRIBE", name);

    /// <summary>Replaced, never changed, so that messages go out without the lock.</summary>
    public Subscription[] Subscriptions { get; set; } = [];

    /// <summary>Where it was last asked for.</summary>
    public PrimaryNode? Home { get; set; }

    public bool IsHeld { get; set; }

    /// <summary>It was asked to leave its home, since the slot is another's.</summary>
    public bool IsLeaving { get; set; }

    public bool NeedsAsk { get; set; }

    /// <summary>Timestamp before which it is not asked for again.</summary>
    public long NotBefore { get; set; }

    /// <summary>Its refusal was logged, and it has not held since.</summary>
    public bool IsRefusalLogged { get; set; }

    public int AsksInFlight { get; set; }

    /// <summary>Since it last held.</summary>
    public int Redirects { get; set; }

    /// <summary>Nobody listens any more; a later subscription is another channel's.</summary>
    public bool IsGone => Subscriptions.Length == 0;
}
