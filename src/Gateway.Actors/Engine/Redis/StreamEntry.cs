// One event as the functions list it: stream id, epoch, time, body.

using System.Buffers.Text;
using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal static class StreamEntry
{
    public const int Length = 4;

    public static RoomEvent? Read(RoomName room, in RedisReply reply, int at) =>
        Utf8Parser.TryParse(reply[at].Blob.Span, out long seq, out _) && seq > 0
            ? EventCodec.Decode(room, reply[at + 3].Blob, seq, reply[at + 1].Text, reply[at + 2].Integer)
            : null;
}
