// What a peer's frame may be at most, whatever its headers claim.

namespace Gateway.Redis.Resp;

/// <param name="Bulk">Bytes of one string.</param>
/// <param name="Frame">Bytes of one frame.</param>
/// <param name="Items">Items of one frame, all levels together; each costs a reply's size when it is built.</param>
internal sealed record FrameLimits(int Bulk, int Depth, int Frame, int Items)
{
    /// <summary>What Redis itself sends stays far below it.</summary>
    public const int Line = 64 * 1024;

    private const int MaxItems = 1_048_576;

    public static FrameLimits Of(RedisOptions options) =>
        new(options.MaxBulkBytes, options.MaxDepth, (int)Math.Min(4L * options.MaxBulkBytes, Array.MaxLength / 2), MaxItems);
}
