// Why a socket is closed, as the peer is told.

namespace Gateway.Protocol;

public enum CloseCode
{
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    NotUtf8 = 1007,
    TooBig = 1009,
    InternalError = 1011,
    Restarting = 1012,
    Unauthorized = 4001,
    HeartbeatTimeout = 4002,
    TooSlow = 4003,
    Flooding = 4004,
    Disconnected = 4500,
    ResumedElsewhere = 4501,
}
