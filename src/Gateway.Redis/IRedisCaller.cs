// Who sent a command and hears of it.

namespace Gateway.Redis;

/// <summary>
/// 1. Exactly one of both is called, once a command.
/// 2. It is called on the connection's reader thread, or on the sender's own where the command is refused at once. Hand on and return.
/// 3. The answers of one connection come in the order of its commands.
/// </summary>
public interface IRedisCaller
{
    void Completed(in RedisReply reply);

    void Failed(RedisFailure failure);
}
