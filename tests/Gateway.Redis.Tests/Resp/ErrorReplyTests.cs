// Error replies by name.

using System.Text;
using Gateway.Redis.Resp;

namespace Gateway.Redis.Tests.Resp;

public sealed class ErrorReplyTests
{
    [Theory]
    [InlineData("MOVED 3999 127.0.0.1:6381", RedisErrorCode.Moved, 3999, "127.0.0.1:6381")]
    [InlineData("ASK 0 redis-1.local:6379", RedisErrorCode.Ask, 0, "redis-1.local:6379")]
    [InlineData("MOVED 1 fe80::1:6381", RedisErrorCode.Moved, 1, "[fe80::1]:6381")]
    [InlineData("MOVED 1 :6381", RedisErrorCode.Moved, 1, ":6381")]
    public void A_redirect_says_where_to(string message, RedisErrorCode code, int slot, string endpoint)
    {
        var error = ErrorReply.Of(Encoding.UTF8.GetBytes(message));
        Assert.Equal((code, slot, endpoint), (error.Code, error.Slot, error.Endpoint?.ToString()));
    }

    [Theory]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", RedisErrorCode.TryAgain)]
    [InlineData("CLUSTERDOWN The cluster is down", RedisErrorCode.ClusterDown)]
    [InlineData("LOADING Redis is loading the dataset in memory", RedisErrorCode.Loading)]
    [InlineData("READONLY You can't write against a read only replica.", RedisErrorCode.ReadOnly)]
    [InlineData("READONLY You can't write against a read only replica. script: publish, on @user_function:1.", RedisErrorCode.ReadOnly)]
    [InlineData("NOREPLICAS Not enough good replicas to write.", RedisErrorCode.NoReplicas)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", RedisErrorCode.OutOfMemory)]
    [InlineData("NOAUTH Authentication required.", RedisErrorCode.NoAuth)]
    [InlineData("WRONGPASS invalid username-password pair or user is disabled.", RedisErrorCode.NoAuth)]
    [InlineData("NOPERM this user has no permissions to run the 'get' command", RedisErrorCode.NoPermission)]
    [InlineData("ERR Function not found", RedisErrorCode.NoScript)]
    [InlineData("NOSCRIPT No matching script.", RedisErrorCode.NoScript)]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", RedisErrorCode.MasterDown)]
    [InlineData("BUSY Redis is busy running a script.", RedisErrorCode.Busy)]
    [InlineData("MISCONF Redis is configured to save RDB snapshots", RedisErrorCode.Misconfigured)]
    [InlineData("ERR wrong number of arguments for 'get' command", RedisErrorCode.Other)]
    [InlineData("MOVED", RedisErrorCode.Other)]
    [InlineData("MOVED 1", RedisErrorCode.Other)]
    [InlineData("MOVED 16384 127.0.0.1:1", RedisErrorCode.Other)]
    [InlineData("MOVED -1 127.0.0.1:1", RedisErrorCode.Other)]
    [InlineData("MOVED 1 127.0.0.1:0", RedisErrorCode.Other)]
    [InlineData("MOVED 1 127.0.0.1:65536", RedisErrorCode.Other)]
    [InlineData("", RedisErrorCode.Other)]
    public void Any_other_error_has_a_code_and_no_address(string message, RedisErrorCode code)
    {
        var error = ErrorReply.Of(Encoding.UTF8.GetBytes(message));
        Assert.Equal((code, message, -1, null), (error.Code, error.Message, error.Slot, error.Endpoint));
    }
}
