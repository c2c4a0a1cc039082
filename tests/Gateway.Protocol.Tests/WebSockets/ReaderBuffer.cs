// A reader as a transport would write it, fed by hand: collects what the decoder finds, as text.

using System.Text;
using Gateway.Protocol.WebSockets;

namespace Gateway.Protocol.Tests.WebSockets;

internal sealed class ReaderBuffer(int maxMessageBytes) : IDisposable
{
    private readonly FrameDecoder _decoder = new(maxMessageBytes);
    private byte[] _buffer = new byte[16];
    private int _start;
    private int _end;

    public List<string> Found { get; } = [];

    /// <summary>The last NeedMore's Needed.</summary>
    public int Needed { get; private set; }

    public int Waiting => _end - _start;

    public FrameDecoder Decoder => _decoder;

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
        {
            var larger = new byte[Waiting + bytes.Length];
            _buffer.AsSpan(_start, Waiting).CopyTo(larger);
            (_buffer, _end, _start) = (larger, Waiting, 0);
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
        while (true)
        {
            var frame = _decoder.Read(_buffer.AsSpan(_start, _end - _start));
            if (frame.Kind == FrameKind.NeedMore)
                Needed = frame.Needed;
            else
                Found.Add(Describe(frame));
            _start += frame.Consumed;
            if (frame.Kind == FrameKind.NeedMore)
                return;
        }
    }

    public void Dispose() => _decoder.Dispose();

    private static string Describe(in DecodedFrame frame) => frame.Kind switch
    {
        FrameKind.Text => $"text {Encoding.UTF8.GetString(frame.Payload)}",
        FrameKind.Violation => $"violation {frame.Violation}",
        FrameKind.Close => $"close {frame.PeerCode} {Encoding.UTF8.GetString(frame.Payload)}",
        _ => $"{frame.Kind} {Convert.ToHexString(frame.Payload)}",
    };
}
