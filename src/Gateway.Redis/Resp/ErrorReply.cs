// Reads an error reply: its first word says what it is, and a redirect says where to.

using System.Text;

namespace Gateway.Redis.Resp;

internal static class ErrorReply
{
    public static RedisError Of(ReadOnlySpan<byte> bytes)
    {
        var message = Encoding.UTF8.GetString(bytes);
        var space = message.IndexOf(' ', StringComparison.Ordinal);
        var word = space < 0 ? message : message[..space];
        return word switch
        {
            "MOVED" => Redirect(RedisErrorCode.Moved, message),
            "ASK" => Redirect(RedisErrorCode.Ask, message),
            _ => new RedisError(CodeOf(word, message), message, -1, null),
        };
    }

    private static RedisErrorCode CodeOf(string word, string message) => word switch
    {
        "TRYAGAIN" => RedisErrorCode.TryAgain,
        "CLUSTERDOWN" => RedisErrorCode.ClusterDown,
        "LOADING" => RedisErrorCode.Loading,
        "READONLY" => RedisErrorCode.ReadOnly,
        "NOREPLICAS" => RedisErrorCode.NoReplicas,
        "OOM" => RedisErrorCode.OutOfMemory,
        "NOAUTH" or "WRONGPASS" => RedisErrorCode.NoAuth,
        "NOPERM" => RedisErrorCode.NoPermission,
        "NOSCRIPT" => RedisErrorCode.NoScript,
        "MASTERDOWN" => RedisErrorCode.MasterDown,
        "BUSY" => RedisErrorCode.Busy,
        "MISCONF" => RedisErrorCode.Misconfigured,
        "ERR" when message.StartsWith("ERR Function not found", StringComparison.OrdinalIgnoreCase) => RedisErrorCode.NoScript,
        _ => RedisErrorCode.Other,
    };

    /// <summary>MOVED 3999 10.0.0.1:6381. An empty host means the one that answered; an IPv6 address comes without brackets.</summary>
    private static RedisError Redirect(RedisErrorCode code, string message)
    {
        var words = message.Split(' ');
        var colon = words.Length > 2 ? words[2].LastIndexOf(':') : -1;
        if (colon < 0 || !int.TryParse(words[1], out var slot) || slot is < 0 or >= RedisSlot.Count
            || !int.TryParse(words[2][(colon + 1)..], out var port) || port is < 1 or > 65_535)
            return new RedisError(RedisErrorCode.Other, message, -1, null);
        return new RedisError(code, message, slot, new RedisEndpoint(words[2][..colon].Trim('[', ']'), port));
    }
}
