// All channels that somebody here listens to. Each is asked for at its slot's owner, and again whenever it was lost. Listeners are told by the thread
// that reads the channel's connection, outside the lock; a channel is asked for elsewhere only after its listeners know that it was lost.

using System.Text;
using Gateway.Redis.Connections;
using Gateway.Redis.Resp;
using Gateway.Redis.Topology;

namespace Gateway.Redis.Subscriptions;

internal sealed class ChannelHub(ClientParts parts, TopologyKeeper keeper) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromSeconds(1);

    /// <summary>Redirects that are followed at once.</summary>
    private const int SwiftRedirects = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], Channel> _channels = new(new ChannelNames());
    private readonly HashSet<Channel> _wanted = [];
    private ITimer? _timer;

    public void Start() => _timer = parts.Time.CreateTimer(_ => AskWanted(), null, Tick, Tick);

    public IRedisSubscription Subscribe(int slot, string text, IRedisSubscriber subscriber)
    {
        var name = Encoding.UTF8.GetBytes(text);
        lock (_lock)
        {
            if (!_channels.TryGetValue(name, out var channel))
                _channels.Add(name, channel = new Channel(slot, text, name));
            var subscription = new Subscription(this, channel, subscriber);
            channel.Subscriptions = [.. channel.Subscriptions, subscription];
            Want(channel, default);
            // Another listener's confirmation, if the channel is held, is the answer to an SSUBSCRIBE of its own.
            Ask(channel);
            return subscription;
        }
    }

    public void Leave(Subscription subscription)
    {
        var channel = subscription.Channel;
        lock (_lock)
        {
            channel.Subscriptions = [.. channel.Subscriptions.Where(other => !ReferenceEquals(other, subscription))];
            if (!channel.IsGone)
                return;
            _channels.Remove(channel.Name);
            _wanted.Remove(channel);
            if (channel.IsHeld || channel.AsksInFlight > 0)
                Send(channel, channel.Home!, isSubscribe: false);
        }
    }

    /// <summary>A connection for subscriptions is there: whatever belongs to it is asked for at once.</summary>
    public void Opened(PrimaryNode node)
    {
        lock (_lock)
        {
            foreach (var channel in _wanted.Where(channel => ReferenceEquals(keeper.Primaries.Slots.Owner(channel.Slot), node)).ToList())
                Ask(channel);
        }
    }

    /// <summary>A connection for subscriptions has ended.</summary>
    public void Lost(PrimaryNode node)
    {
        List<Channel> lost;
        lock (_lock)
            lost = [.. _channels.Values.Where(channel => channel.IsHeld && ReferenceEquals(channel.Home, node))];
        foreach (var channel in lost)
            Unsubscribed(channel, node);
    }

    /// <summary>What a connection was pushed; on its reader thread.</summary>
    public void Pushed(PrimaryNode node, ReadOnlySpan<byte> frame)
    {
        if (!PushFrame.TryRead(frame, out var push))
            return;
        if (push.Kind.SequenceEqual("smessage"u8))
            Message(node, push.Channel, push.Payload);
        else if (push.Kind.SequenceEqual("ssubscribe"u8))
            Answer(node, push.Channel, isSubscribe: true);
        else if (push.Kind.SequenceEqual("sunsubscribe"u8) && !Answer(node, push.Channel, isSubscribe: false) && Find(push.Channel) is { } channel)
            MovedAway(channel, node);
    }

    /// <summary>Slots have other owners: channels follow them.</summary>
    public void OwnersChanged()
    {
        lock (_lock)
        {
            foreach (var channel in _channels.Values)
                Follow(channel);
            foreach (var channel in _wanted.ToList())
                Ask(channel);
        }
    }

    /// <summary>The answer to an SSUBSCRIBE; on the reader thread.</summary>
    public void Subscribed(ChannelCall call, RedisError? error)
    {
        var channel = call.Channel;
        if (error is not null)
        {
            Refused(call, error);
            return;
        }

        List<Subscription> confirmed;
        lock (_lock)
        {
            channel.AsksInFlight--;
            if (channel.IsGone)
                return;
            channel.IsHeld = true;
            channel.Redirects = 0;
            channel.IsRefusalLogged = false;
            confirmed = [.. channel.Subscriptions.Where(subscription => !subscription.IsConfirmed)];
            Follow(channel);
        }

        foreach (var subscription in confirmed)
        {
            subscription.IsConfirmed = true;
            Tell(subscription, subscriber => subscriber.Confirmed());
        }
    }

    /// <summary>The channel does not hold any more at this node, whatever the reason; on its reader thread or after its end.</summary>
    public void Unsubscribed(Channel channel, PrimaryNode node)
    {
        Subscription[] told;
        lock (_lock)
        {
            channel.IsLeaving = false;
            if (!channel.IsHeld || !ReferenceEquals(channel.Home, node))
                return;
            told = channel.Subscriptions;
        }

        foreach (var subscription in told.Where(subscription => subscription.IsConfirmed))
        {
            subscription.IsConfirmed = false;
            Tell(subscription, subscriber => subscriber.Lost());
        }

        lock (_lock)
        {
            channel.IsHeld = false;
            Want(channel, default);
            Ask(channel);
        }
    }

    /// <summary>An SSUBSCRIBE has no answer: the connection has ended, or a bound is reached.</summary>
    public void NotAsked(ChannelCall call)
    {
        lock (_lock)
        {
            call.Channel.AsksInFlight--;
            Want(call.Channel, Tick);
        }
    }

    /// <summary>A SUNSUBSCRIBE has no answer; where the connection has ended the channel is lost anyway.</summary>
    public void NotLeft(Channel channel)
    {
        lock (_lock)
            channel.IsLeaving = false;
    }

    public void Dispose() => _timer?.Dispose();

    private void Refused(ChannelCall call, RedisError error)
    {
        var channel = call.Channel;
        var pause = error.Code switch
        {
            RedisErrorCode.Moved when channel.Redirects++ < SwiftRedirects => TimeSpan.Zero,
            RedisErrorCode.Moved or RedisErrorCode.Ask or RedisErrorCode.TryAgain or RedisErrorCode.ClusterDown or RedisErrorCode.Loading => PauseAfterError,
            _ => PauseAfterRefusal,
        };
        if (pause == PauseAfterRefusal && !channel.IsRefusalLogged)
            RedisLog.NotSubscribed(parts.Log, channel.Text, call.Node.Primary.Endpoint, error.Message);
        channel.IsRefusalLogged |= pause == PauseAfterRefusal;
        keeper.Redirected(error);
        lock (_lock)
        {
            channel.AsksInFlight--;
            Want(channel, pause);
            Ask(channel);
        }
    }

    private void MovedAway(Channel channel, PrimaryNode node)
    {
        keeper.Suspect();
        Unsubscribed(channel, node);
    }

    private void Message(PrimaryNode node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload)
    {
        if (Find(name) is not { } channel || !ReferenceEquals(channel.Home, node))
            return;
        var bytes = payload.ToArray();
        foreach (var subscription in channel.Subscriptions)
        {
            if (subscription.IsConfirmed)
                Tell(subscription, subscriber => subscriber.Message(bytes));
        }
    }

    /// <returns>Whether the push is the answer that was due next.</returns>
    private static bool Answer(PrimaryNode node, ReadOnlySpan<byte> name, bool isSubscribe)
    {
        var lane = node.Subscriptions;
        if (lane.Expected() is not ChannelCall call || call.IsSubscribe != isSubscribe || !name.SequenceEqual(call.Channel.Name) || lane.Link is not { } link)
            return false;
        lane.Answer(link, default);
        return true;
    }

    /// <summary>Where the slot is another's, the old home is left; its confirmation, or its end, leads to the new one.</summary>
    private void Follow(Channel channel)
    {
        if (!channel.IsHeld || channel.IsLeaving || keeper.Primaries.Slots.Owner(channel.Slot) is not { } owner || ReferenceEquals(owner, channel.Home))
            return;
        channel.IsLeaving = true;
        Send(channel, channel.Home!, isSubscribe: false);
    }

    private void Want(Channel channel, TimeSpan pause)
    {
        if (channel.IsGone)
            return;
        channel.NeedsAsk = true;
        channel.NotBefore = parts.Time.GetTimestamp() + (long)(pause.TotalSeconds * parts.Time.TimestampFrequency);
        _wanted.Add(channel);
    }

    private void AskWanted()
    {
        lock (_lock)
        {
            foreach (var channel in _wanted.ToList())
                Ask(channel);
        }
    }

    private void Ask(Channel channel)
    {
        if (!channel.NeedsAsk || channel.IsGone || channel.NotBefore > parts.Time.GetTimestamp())
            return;
        var home = channel.IsHeld || channel.AsksInFlight > 0 ? channel.Home : keeper.Primaries.Slots.Owner(channel.Slot);
        if (home is null || !home.Subscriptions.IsOpen)
            return;
        channel.NeedsAsk = false;
        channel.Home = home;
        channel.AsksInFlight++;
        _wanted.Remove(channel);
        Send(channel, home, isSubscribe: true);
    }

    private void Send(Channel channel, PrimaryNode node, bool isSubscribe) =>
        node.Subscriptions.Send(isSubscribe ? channel.Subscribe : channel.Unsubscribe, new ChannelCall(this, channel, node, isSubscribe));

    private Channel? Find(ReadOnlySpan<byte> name)
    {
        lock (_lock)
            return _channels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var channel) ? channel : null;
    }

    private void Tell(Subscription subscription, Action<IRedisSubscriber> what)
    {
        if (!subscription.IsDisposed)
            parts.Tell(subscription.Subscriber, what);
    }

}
