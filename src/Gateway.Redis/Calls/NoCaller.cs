// Stands behind a command whose answer nobody needs.

namespace Gateway.Redis.Calls;

internal sealed class NoCaller : IRedisCaller
{
    public static readonly NoCaller Instance = new();

    public void Completed(in RedisReply reply)
    {
        // Nobody asked to know.
    }

    public void Failed(RedisFailure failure)
    {
        // The command behind it fails as well, and says so.
    }
}
