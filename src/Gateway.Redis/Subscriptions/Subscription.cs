// One listener's share in a channel.

namespace Gateway.Redis.Subscriptions;

internal sealed class Subscription(ChannelHub hub, Channel channel, IRedisSubscriber subscriber) : IRedisSubscription
{
    private volatile bool _isDisposed;

    public Channel Channel => channel;

    public IRedisSubscriber Subscriber => subscriber;

    /// <summary>It was told that the channel holds. Changed by the connection's reader alone.</summary>
    public bool IsConfirmed { get; set; }

    public bool IsDisposed => _isDisposed;

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        hub.Leave(this);
    }
}
