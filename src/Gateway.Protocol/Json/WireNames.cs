// How the contract's enumerations are spelled, as JSON strings with their quotes.

using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Protocol.Json;

internal static class WireNames
{
    public static ReadOnlySpan<byte> Of(ErrorCode code) => code switch
    {
        ErrorCode.BadJson => "\"bad_json\""u8,
        ErrorCode.BadFrame => "\"bad_frame\""u8,
        ErrorCode.BadRoom => "\"bad_room\""u8,
        ErrorCode.ReservedType => "\"reserved_type\""u8,
        ErrorCode.Unauthorized => "\"unauthorized\""u8,
        ErrorCode.Forbidden => "\"forbidden\""u8,
        ErrorCode.NotJoined => "\"not_joined\""u8,
        ErrorCode.RateLimited => "\"rate_limited\""u8,
        ErrorCode.Limit => "\"limit\""u8,
        ErrorCode.RoomFull => "\"room_full\""u8,
        ErrorCode.Busy => "\"busy\""u8,
        ErrorCode.Degraded => "\"degraded\""u8,
        _ => "\"unsupported\""u8,
    };

    public static ReadOnlySpan<byte> Of(GapReason reason) => reason switch
    {
        GapReason.Trimmed => "\"trimmed\""u8,
        GapReason.RolledBack => "\"rolled_back\""u8,
        _ => "\"reset\""u8,
    };

    public static ReadOnlySpan<byte> Of(LeaveReason reason) => reason switch
    {
        LeaveReason.Left => "\"left\""u8,
        LeaveReason.Kicked => "\"kicked\""u8,
        _ => "\"timeout\""u8,
    };

    public static ReadOnlySpan<byte> Of(ReceiptStatus status) =>
        status == ReceiptStatus.Read ? "\"read\""u8 : "\"delivered\""u8;
}
