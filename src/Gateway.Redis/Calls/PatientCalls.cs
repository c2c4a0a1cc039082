// Sends a command until it has an answer worth having, or its deadline is over: follows redirects, waits out what passes, and never sends again what
// may have been done.

using Gateway.Redis.Connections;

namespace Gateway.Redis.Calls;

internal sealed class PatientCalls(RedisClient client, ClientParts parts)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(160);

    /// <summary>Redirects that are followed without a pause; two nodes that point at each other must not be asked in a tight loop.</summary>
    private const int SwiftRedirects = 3;

    public async Task<RedisReply> Call(int slot, RedisCommand command)
    {
        var start = parts.Time.GetTimestamp();
        var patience = TimeSpan.FromMilliseconds(command.DeadlineMs > 0 ? command.DeadlineMs : parts.Options.CommandTimeoutMs);
        var pause = FirstPause;
        RedisError? ask = null;
        for (var redirects = 0; ;)
        {
            var reply = await Once(slot, command, ask).ConfigureAwait(false);
            if (reply.Error is not { } error || !Passes(error))
                return reply;
            ask = null;
            if (parts.Time.GetElapsedTime(start) + pause > patience)
                return reply;

            if (error.Code is RedisErrorCode.Moved or RedisErrorCode.Ask)
            {
                if (error.Code == RedisErrorCode.Moved)
                    client.Redirected(error);
                else
                    ask = error;
                if (++redirects <= SwiftRedirects)
                    continue;
            }

            await Task.Delay(pause, parts.Time).ConfigureAwait(false);
            pause = pause < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private Task<RedisReply> Once(int slot, RedisCommand command, RedisError? ask)
    {
        var call = new AwaitedCall();
        if (ask is null)
            client.Send(slot, RedisPurpose.Commands, command, call);
        else
            client.Asking(ask, RedisPurpose.Commands, command, call);
        return call.Task;
    }

    /// <summary>Whether the command was surely not done and may be soon.</summary>
    private static bool Passes(RedisError error) => error.Code is RedisErrorCode.Moved or RedisErrorCode.Ask or RedisErrorCode.TryAgain
        or RedisErrorCode.Loading or RedisErrorCode.ClusterDown or RedisErrorCode.ReadOnly or RedisErrorCode.MasterDown or RedisErrorCode.NotSent;
}
