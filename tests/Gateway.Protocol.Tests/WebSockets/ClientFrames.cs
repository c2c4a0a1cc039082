// Writes frames as clients send them: masked, and broken in whatever way a test wants.

using System.Buffers.Binary;
using System.Text;
using Gateway.Protocol.WebSockets;

namespace Gateway.Protocol.Tests.WebSockets;

internal static class ClientFrames
{
    public static byte[] Frame(byte opcode, ReadOnlySpan<byte> payload, bool final = true, uint key = 0xA1B2C3D4, byte reserved = 0)
    {
        var frame = new List<byte> { (byte)((final ? 0x80 : 0) | reserved | opcode) };
        AppendLength(frame, payload.Length);
        var mask = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(mask, key);
        frame.AddRange(mask);
        for (var i = 0; i < payload.Length; i++)
            frame.Add((byte)(payload[i] ^ mask[i % 4]));
        return [.. frame];
    }

    public static byte[] Text(string text, bool final = true) => Frame(Opcode.Text, Encoding.UTF8.GetBytes(text), final);

    public static byte[] Rest(string text, bool final = true) => Frame(Opcode.Continuation, Encoding.UTF8.GetBytes(text), final);

    public static byte[] Close(int code, string reason = "")
    {
        var payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return Frame(Opcode.Close, payload);
    }

    private static void AppendLength(List<byte> frame, int length)
    {
        const byte masked = 0x80;
        if (length < 126)
        {
            frame.Add((byte)(masked | length));
            return;
        }

        frame.Add((byte)(masked | (length <= ushort.MaxValue ? 126 : 127)));
        for (var shift = length <= ushort.MaxValue ? 8 : 56; shift >= 0; shift -= 8)
            frame.Add((byte)((long)length >> shift));
    }
}
