// How far a look at the received bytes came.

namespace Gateway.Redis.Resp;

internal enum ScanResult
{
    /// <summary>The frame is not complete.</summary>
    More,
    Frame,

    /// <summary>This is no RESP3, or more than the limits allow: the connection cannot be read any further.</summary>
    Malformed,
}
