// The error codes of the wire contract. The dialect writes their wire names; nothing else spells them.

namespace Gateway.Protocol;

public enum ErrorCode
{
    BadJson,
    BadFrame,
    BadRoom,
    ReservedType,
    Unauthorized,
    Forbidden,
    NotJoined,
    RateLimited,
    Limit,
    RoomFull,
    Busy,
    Degraded,
    Unsupported,
}
