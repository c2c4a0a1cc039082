// Frames back to back in one buffer: their headers, its growth, and who gives it back.

using System.Buffers;
using System.Buffers.Binary;
using Gateway.Protocol.WebSockets;

namespace Gateway.Protocol.Tests.WebSockets;

public sealed class FrameBatchTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65535, 4)]
    [InlineData(65536, 10)]
    [InlineData(200_000, 10)]
    public void A_frame_has_the_shortest_header_that_holds_its_length(int length, int headerLength)
    {
        var batch = FrameBatch.Rent(16);
        var payload = Payload(length);
        batch.BeginFrame();
        batch.Write(payload);
        Assert.Equal(headerLength + length, batch.EndFrame());
        Assert.Equal(headerLength + length, batch.Length);
        Assert.Equal([payload], Read(batch.Memory.Span));
        batch.Release();
    }

    [Fact]
    public void Frames_lie_back_to_back_and_survive_growth()
    {
        var batch = FrameBatch.Rent(1);
        int[] lengths = [3, 300, 0, 70_000, 125, 126, 65_535, 65_536, 1];
        foreach (var length in lengths)
        {
            batch.BeginFrame();
            foreach (var piece in Payload(length).Chunk(1000))
                batch.Write(piece);
            batch.EndFrame();
        }

        Assert.Equal(lengths.Select(Payload), Read(batch.Memory.Span));
        batch.Release();
    }

    [Fact]
    public void A_long_payload_that_fills_the_buffer_to_its_last_byte_still_gets_its_header()
    {
        // The pool hands out powers of two; behind the usual header of four bytes this payload leaves nothing.
        var payload = Payload((1 << 17) - 4);
        var batch = FrameBatch.Rent(1 << 17);
        batch.BeginFrame();
        batch.Write(payload);
        batch.EndFrame();
        Assert.Equal([payload], Read(batch.Memory.Span));
        batch.Release();
    }

    [Fact]
    public void A_frame_bears_the_opcode_it_was_closed_with()
    {
        var batch = FrameBatch.Rent();
        batch.BeginFrame();
        batch.EndFrame(Opcode.Ping);
        Assert.Equal([0x89, 0x00], batch.Memory.ToArray());
        batch.Release();
    }

    [Fact]
    public void The_buffer_stays_until_the_last_holder_releases_it()
    {
        var batch = FrameBatch.Rent();
        batch.BeginFrame();
        batch.Write("hi"u8);
        batch.EndFrame();
        batch.AddReference();
        batch.AddReference();
        batch.Release();
        batch.Release();
        Assert.Equal([0x81, 2, (byte)'h', (byte)'i'], batch.Memory.ToArray());
        batch.Release();
        Assert.True(batch.Memory.IsEmpty);
        Assert.Equal(0, batch.Length);
    }

    [Fact]
    public void The_usual_frame_is_not_moved()
    {
        var batch = FrameBatch.Rent(4096);
        batch.BeginFrame();
        var target = ((IBufferWriter<byte>)batch).GetSpan(200);
        batch.Write(Payload(200));
        batch.EndFrame();
        Assert.True(target.Overlaps(batch.Memory.Span[4..], out var offset));
        Assert.Equal(0, offset);
        batch.Release();
    }

    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 % 251))];

    /// <summary>Reads server frames, strictly.</summary>
    private static List<byte[]> Read(ReadOnlySpan<byte> frames)
    {
        var payloads = new List<byte[]>();
        while (!frames.IsEmpty)
        {
            Assert.Equal(0x81, frames[0]);
            var (length, header) = frames[1] switch
            {
                126 => (BinaryPrimitives.ReadUInt16BigEndian(frames[2..]), 4),
                127 => ((int)BinaryPrimitives.ReadUInt64BigEndian(frames[2..]), 10),
                _ => (frames[1], 2),
            };
            payloads.Add(frames.Slice(header, length).ToArray());
            frames = frames[(header + length)..];
        }

        return payloads;
    }
}
