// One message as one ready frame.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Protocol.WebSockets;

namespace Gateway.Actors.Delivery;

internal static class Frames
{
    /// <summary>The caller releases it.</summary>
    public static FrameBatch Of(ServerMessage message, IDialect dialect)
    {
        var batch = FrameBatch.Rent();
        batch.BeginFrame();
        dialect.Write(message, batch);
        batch.EndFrame();
        return batch;
    }

    public static void Send(IConnectionSink sink, IDialect dialect, ServerMessage message, SinkLane lane = SinkLane.Ordered)
    {
        var batch = Of(message, dialect);
        sink.Send(batch, lane);
        batch.Release();
    }
}
