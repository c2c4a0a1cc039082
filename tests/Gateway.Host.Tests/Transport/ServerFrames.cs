// Reads what a server wrote as whole frames, and fails on anything else.

using System.Buffers.Binary;
using System.Text;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

internal static class ServerFrames
{
    /// <summary>Each frame as its text; control frames as "ping:…", "pong:…", "close:CODE".</summary>
    public static List<string> Parse(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<string>();
        while (!bytes.IsEmpty)
        {
            Assert.True(bytes.Length >= 2 && (bytes[0] & 0xF0) == 0x80 && (bytes[1] & 0x80) == 0, $"No frame begins behind: {string.Join(' ', frames.TakeLast(3))}");
            var opcode = (byte)(bytes[0] & 0x0F);
            int header = 2, length = bytes[1];
            if (length == 126)
                (header, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
            else if (length == 127)
                (header, length) = (10, (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]));
            Assert.True(bytes.Length >= header + length, "The last frame is not whole.");
            frames.Add(Describe(opcode, bytes.Slice(header, length)));
            bytes = bytes[(header + length)..];
        }

        return frames;
    }

    public static string Describe(byte opcode, ReadOnlySpan<byte> payload) => opcode switch
    {
        Opcode.Text => Encoding.UTF8.GetString(payload),
        Opcode.Ping => "ping:" + Encoding.UTF8.GetString(payload),
        Opcode.Pong => "pong:" + Encoding.UTF8.GetString(payload),
        Opcode.Close => "close:" + BinaryPrimitives.ReadUInt16BigEndian(payload),
        _ => throw new ArgumentOutOfRangeException(nameof(opcode)),
    };
}
