// An SSUBSCRIBE or SUNSUBSCRIBE under way. Its answer is a push, which the hub hands it, or an error reply.

using Gateway.Redis.Topology;

namespace Gateway.Redis.Subscriptions;

internal sealed class ChannelCall(ChannelHub hub, Channel channel, PrimaryNode node, bool isSubscribe) : IRedisCaller
{
    public Channel Channel => channel;

    public PrimaryNode Node => node;

    public bool IsSubscribe => isSubscribe;

    public void Completed(in RedisReply reply)
    {
        if (isSubscribe)
            hub.Subscribed(this, reply.Error);
        else
            hub.Unsubscribed(channel, node);
    }

    public void Failed(RedisFailure failure)
    {
        if (isSubscribe)
            hub.NotAsked(this);
        else
            hub.NotLeft(channel);
    }
}
