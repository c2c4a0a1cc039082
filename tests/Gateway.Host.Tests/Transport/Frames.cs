// Batches of server frames for tests to send.

using System.Buffers;
using System.Text;
using Gateway.Actors.Delivery;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

internal static class Frames
{
    public static FrameBatch Batch(byte opcode, params string[] payloads)
    {
        var batch = FrameBatch.Rent();
        foreach (var payload in payloads)
        {
            batch.BeginFrame();
            batch.Write(Encoding.UTF8.GetBytes(payload));
            batch.EndFrame(opcode);
        }

        return batch;
    }

    public static FrameBatch Text(params string[] payloads) => Batch(Opcode.Text, payloads);

    public static void SendText(IConnectionSink sink, string payload, SinkLane lane = SinkLane.Ordered)
    {
        var batch = Text(payload);
        sink.Send(batch, lane);
        batch.Release();
    }

    public static SinkOutcome OfferText(IConnectionSink sink, params string[] payloads)
    {
        var batch = Text(payloads);
        var outcome = sink.Offer(batch, 0, batch.Length, payloads.Length);
        batch.Release();
        return outcome;
    }
}
