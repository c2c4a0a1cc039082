// Who takes what a link receives, on its reader thread.

namespace Gateway.Redis.Connections;

internal interface ILinkReader
{
    /// <returns>False when the link cannot be read any further; the reader has aborted it.</returns>
    bool Reply(Link link, in RedisReply reply);

    void Push(Link link, ReadOnlySpan<byte> frame);
}
