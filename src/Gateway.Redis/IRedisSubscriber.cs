// Who hears what is pushed to a channel.

namespace Gateway.Redis;

/// <summary>
/// 1. Confirmed: the subscription holds, from now and again after each loss. What was pushed before may have been missed.
/// 2. Lost: it held and does not any more. It is being made again.
/// 3. Message: the memory is the subscriber's to keep.
/// 4. All are called one after the other on the connection's reader thread. Hand on and return.
/// </summary>
public interface IRedisSubscriber
{
    void Confirmed();

    void Lost();

    void Message(ReadOnlyMemory<byte> payload);
}
