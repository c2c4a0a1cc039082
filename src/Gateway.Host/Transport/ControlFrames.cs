// The control frames that the transport itself sends (RFC 6455 §5.5). The caller releases what it gets.

using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Transport;

internal static class ControlFrames
{
    /// <summary>A control frame's payload is at most 125 bytes; a close code takes two of them.</summary>
    private const int MaxPayload = 125;

    public static FrameBatch Close(CloseCode code, string reason)
    {
        Span<byte> payload = stackalloc byte[MaxPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        // Stops before a character that doesn't fit, never within one.
        Encoder encoder = Encoding.UTF8.GetEncoder();
        encoder.Convert(reason, payload[2..], flush: true, out _, out var written, out _);
        return Frame(Opcode.Close, payload[..(2 + written)]);
    }

    public static FrameBatch Pong(ReadOnlySpan<byte> payload) => Frame(Opcode.Pong, payload);

    private static FrameBatch Frame(byte opcode, ReadOnlySpan<byte> payload)
    {
        var batch = FrameBatch.Rent();
        batch.BeginFrame();
        batch.Write(payload);
        batch.EndFrame(opcode);
        return batch;
    }
}
