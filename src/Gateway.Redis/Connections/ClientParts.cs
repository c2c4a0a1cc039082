// What every part of one client shares.

using Microsoft.Extensions.Logging;

namespace Gateway.Redis.Connections;

internal sealed record ClientParts(RedisOptions Options, IRedisGuest Guest, TimeProvider Time, Func<double> Jitter, ILogger Log, Dialer Dialer)
{
    /// <summary>Tells someone outside; what they throw is theirs, and must not end a connection.</summary>
    public void Tell<T>(T whom, Action<T> what)
    {
        try
        {
            what(whom);
        }
        catch (Exception exception)
        {
            RedisLog.CallbackFailed(Log, exception);
        }
    }
}
