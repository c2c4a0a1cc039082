// Redis cannot be used as it is. The message names what is wrong and the cure, and nothing secret.

namespace Gateway.Redis;

public sealed class RedisStartException : Exception
{
    public RedisStartException()
    {
    }

    public RedisStartException(string message)
        : base(message)
    {
    }

    public RedisStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
