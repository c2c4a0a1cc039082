// What kind of answer a reply is; the many types of RESP3 folded into those that a caller tells apart.

namespace Gateway.Redis;

public enum RedisKind
{
    Null,
    Integer,
    Double,
    Boolean,

    /// <summary>A simple string, a verbatim string or a big number.</summary>
    Text,
    Blob,
    Error,
    Array,

    /// <summary>Its items are key, value, key, value…</summary>
    Map,
    Set,
}
