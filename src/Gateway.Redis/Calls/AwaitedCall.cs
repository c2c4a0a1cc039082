// A command whose answer is awaited. What fails becomes an error reply, so that whoever awaits has one thing to look at.

namespace Gateway.Redis.Calls;

internal sealed class AwaitedCall() : TaskCompletionSource<RedisReply>(TaskCreationOptions.RunContinuationsAsynchronously), IRedisCaller
{
    public void Completed(in RedisReply reply) => TrySetResult(reply);

    public void Failed(RedisFailure failure) => TrySetResult(failure switch
    {
        RedisFailure.Unknown => RedisReply.OfError(RedisErrorCode.Lost, "the connection was lost before the answer; it may have been done"),
        RedisFailure.Busy => RedisReply.OfError(RedisErrorCode.NotSent, "too much is under way to this Redis"),
        _ => RedisReply.OfError(RedisErrorCode.NotSent, "there is no connection to this Redis"),
    });
}
