// A WebSocket client made of a socket and nothing else: it sees every byte, and sends what it is told to, right or wrong.

using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

internal sealed class RawClient : IAsyncDisposable
{
    public const string SampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
    public const string SampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private readonly Socket _socket;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawClient(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public Socket Socket => _socket;

    public Stream Stream => _stream;

    public static async Task<RawClient> Connect(int port, bool tls, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        await socket.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls)
        {
            var ssl = new SslStream(stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=localhost");
            await ssl.AuthenticateAsClientAsync("localhost");
            stream = ssl;
        }

        return new RawClient(socket, stream);
    }

    public static string HandshakeText(string path = "/ws", string extra = "") =>
        $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {SampleKey}\r\n{extra}\r\n";

    public async Task<string> Upgrade(string path = "/ws", string extra = "")
    {
        await Write(HandshakeText(path, extra));
        var head = await ReadHead();
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        return head;
    }

    public Task Write(string text) => Write(Encoding.ASCII.GetBytes(text));

    public async Task Write(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes);
        await _stream.FlushAsync();
    }

    public Task Send(byte opcode, string payload) => Write(Frame(opcode, Encoding.UTF8.GetBytes(payload)));

    public Task SendText(string payload) => Send(Opcode.Text, payload);

    public Task SendClose(int code)
    {
        var payload = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        return Write(Frame(Opcode.Close, payload));
    }

    /// <summary>A client's frame, masked.</summary>
    public static byte[] Frame(byte opcode, ReadOnlySpan<byte> payload, bool final = true)
    {
        var header = new byte[14];
        var length = FrameHeader.Write(header, opcode, payload.Length);
        if (!final)
            header[0] &= 0x7F;
        header[1] |= 0x80;
        ReadOnlySpan<byte> key = [0x37, 0xFA, 0x21, 0x3D];
        var frame = new byte[length + 4 + payload.Length];
        header.AsSpan(0, length).CopyTo(frame);
        key.CopyTo(frame.AsSpan(length));
        for (var i = 0; i < payload.Length; i++)
            frame[length + 4 + i] = (byte)(payload[i] ^ key[i % 4]);
        return frame;
    }

    /// <summary>A response's status line and headers, with the blank line behind them.</summary>
    public async Task<string> ReadHead()
    {
        while (true)
        {
            var end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var head = Encoding.ASCII.GetString(_buffer, _start, end + 4);
                _start += end + 4;
                return head;
            }

            Assert.True(await Fill(), "The stream ended within a response's head.");
        }
    }

    /// <summary>A whole response with a Content-Length.</summary>
    public async Task<(string Head, string Body)> ReadResponse()
    {
        var head = await ReadHead();
        const string Name = "Content-Length: ";
        var at = head.IndexOf(Name, StringComparison.Ordinal);
        Assert.True(at >= 0, head);
        at += Name.Length;
        var length = int.Parse(head.AsSpan(at, head.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
        return (head, Encoding.UTF8.GetString(await ReadBytes(length)));
    }

    public async Task<byte[]> ReadBytes(int count)
    {
        while (_end - _start < count)
            Assert.True(await Fill(), "The stream ended too early.");
        var bytes = _buffer.AsSpan(_start, count).ToArray();
        _start += count;
        return bytes;
    }

    /// <summary>The next server frame; null where the stream ended at a frame's boundary. Fails on anything that is no whole proper frame.</summary>
    public async Task<(byte Opcode, byte[] Payload)?> ReadFrame()
    {
        if (_start == _end && !await Fill())
            return null;
        var head = await ReadBytes(2);
        Assert.True((head[0] & 0xF0) == 0x80, $"Not the beginning of a server frame: {head[0]:X2} {head[1]:X2}");
        Assert.True((head[1] & 0x80) == 0, "A server's frame is masked.");
        var opcode = (byte)(head[0] & 0x0F);
        Assert.Contains(opcode, new[] { Opcode.Text, Opcode.Close, Opcode.Ping, Opcode.Pong });
        int length = head[1];
        if (length == 126)
            length = BinaryPrimitives.ReadUInt16BigEndian(await ReadBytes(2));
        else if (length == 127)
            length = (int)BinaryPrimitives.ReadUInt64BigEndian(await ReadBytes(8));
        return (opcode, await ReadBytes(length));
    }

    public async Task<string> ReadText()
    {
        var frame = await ReadFrame();
        Assert.NotNull(frame);
        Assert.Equal(Opcode.Text, frame.Value.Opcode);
        return Encoding.UTF8.GetString(frame.Value.Payload);
    }

    /// <summary>Reads on until the close frame; its code.</summary>
    public async Task<int> ReadUntilClose()
    {
        while (await ReadFrame() is { } frame)
        {
            if (frame.Opcode == Opcode.Close)
                return BinaryPrimitives.ReadUInt16BigEndian(frame.Payload);
        }

        Assert.Fail("The stream ended without a close frame.");
        return 0;
    }

    /// <summary>Reads until the stream ends, however it ends.</summary>
    public async Task ReadToEnd()
    {
        try
        {
            do
                _start = _end;
            while (await Fill());
        }
        catch (IOException)
        {
            // A reset is an end as well.
        }
    }

    /// <summary>Resets the connection: no FIN, no word.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();

    private async Task<bool> Fill()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end == _buffer.Length)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }
            else
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }

        var received = await _stream.ReadAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(Patience.Limit);
        _end += received;
        return received > 0;
    }
}
