// Writes the header of a server frame (RFC 6455 §5.2): FIN, opcode, length; never a mask.

using System.Buffers.Binary;

namespace Gateway.Protocol.WebSockets;

public static class FrameHeader
{
    private const byte Fin = 0x80;

    /// <returns>How many bytes the header took: 2, 4 or 10.</returns>
    public static int Write(Span<byte> destination, byte opcode, int payloadLength)
    {
        destination[0] = (byte)(Fin | opcode);
        if (payloadLength < 126)
        {
            destination[1] = (byte)payloadLength;
            return 2;
        }

        if (payloadLength <= ushort.MaxValue)
        {
            destination[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)payloadLength);
            return 4;
        }

        destination[1] = 127;
        BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)payloadLength);
        return 10;
    }
}
