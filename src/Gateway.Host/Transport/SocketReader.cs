// One connection's reader: a single loop from the upgrade to the end. It turns received bytes into messages for the connection, and reads
// on only when those were taken. While the peer is silent it holds no buffer. What the peer sends never makes it throw.

using System.Buffers;
using Gateway.Actors.Connections;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Transport;

/// <param name="port">Null: nobody takes what the peer says (its connection is being closed); only its close frame counts.</param>
internal sealed class SocketReader(Stream stream, SocketSink sink, IConnectionPort? port, IDialect dialect, int frameBytes) : IDisposable
{
    private const int FirstBuffer = 4096;

    /// <summary>What arrived together is handed on together, up to so many.</summary>
    private const int MessagesAtOnce = ProtocolLimits.ObjectsPerFrame;

    private readonly FrameDecoder _decoder = new(frameBytes);
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private IConnectionPort? _port = port;
    private List<ClientMessage>? _messages;

    private enum Found
    {
        /// <summary>All that is whole has been decoded.</summary>
        Nothing,

        /// <summary>Enough messages for one time; there may be more.</summary>
        Enough,

        Close,
        Violation,
    }

    /// <summary>Completes when the peer has closed, is gone, or was dropped by the sink; throws only on a fault of ours.</summary>
    public async Task Run()
    {
        try
        {
            // Waiting for a first byte holds no buffer; the wait stands here, not in a method of its own, for the memory of an idle connection.
            while (true)
            {
                var readable = stream.ReadAsync(Memory<byte>.Empty);
                if (!readable.IsCompleted && _start == _end)
                    LetGoWhileIdle();
                await readable;
                MakeRoom();
                var received = await stream.ReadAsync(_buffer.AsMemory(_end));
                if (received == 0)
                    return;
                _end += received;
                _port?.Heard();
                if (!await Handle())
                    return;
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Kestrel's ways of saying that the connection has ended.
        }
    }

    public void Dispose()
    {
        ReturnBuffer();
        _decoder.Dispose();
    }

    private void LetGoWhileIdle()
    {
        ReturnBuffer();
        _messages = null;
    }

    /// <returns>False: the peer has closed, and its close is answered.</returns>
    private async ValueTask<bool> Handle()
    {
        Found found;
        do
        {
            found = Decode(out var code);
            await HandOn();
            if (found == Found.Violation)
                await Part(code);
            if (found != Found.Close)
                continue;
            sink.Close(code, "");
            await sink.Farewell();
            return false;
        }
        while (found == Found.Enough);
        return true;
    }

    /// <summary>Takes out of the buffer what is whole, and collects what it says.</summary>
    private Found Decode(out CloseCode code)
    {
        code = default;
        while (_messages is null || _messages.Count < MessagesAtOnce)
        {
            var frame = _decoder.Read(_buffer.AsSpan(_start, _end - _start));
            switch (frame.Kind)
            {
                case FrameKind.Text when Listens:
                    dialect.Parse(frame.Payload, _messages ??= []);
                    break;
                case FrameKind.Binary when Listens:
                    (_messages ??= []).Add(new InvalidMessage(null, ErrorCode.Unsupported, "Binary frames are not supported.", null));
                    break;
                case FrameKind.Ping:
                    sink.Pong(frame.Payload);
                    break;
                case FrameKind.Close:
                    code = frame.PeerCode == 0 ? CloseCode.Normal : (CloseCode)frame.PeerCode;
                    return Found.Close;
                case FrameKind.Violation:
                    code = frame.Violation;
                    return Found.Violation;
            }

            _start += frame.Consumed;
            if (frame.Kind == FrameKind.NeedMore)
                return Found.Nothing;
        }

        return Found.Enough;
    }

    private bool Listens => _port is not null && !sink.IsClosed;

    private async ValueTask HandOn()
    {
        if (_messages is not { Count: > 0 } messages || _port is null)
            return;
        if (!await _port.Receive(messages))
        {
            // The connection is over; its close frame is on the way, or will never come.
            _port = null;
            sink.EndWithin(CloseDeadlines.Handshake);
        }

        messages.Clear();
    }

    /// <summary>After a violation nothing that follows can be understood; what still comes is read away, so that the close frame isn't lost in a reset.</summary>
    private async ValueTask Part(CloseCode code)
    {
        sink.Close(code, "");
        sink.EndWithin(CloseDeadlines.AfterViolation);
        _port = null;
        _start = _end = 0;
        await sink.Farewell();
        sink.HalfClose();
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end < _buffer.Length)
            return;
        // A frame that doesn't fit yet; the decoder refuses one above the limit, so this stays below twice that.
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBuffer, _buffer.Length * 2));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        var smaller = _buffer;
        _buffer = larger;
        if (smaller.Length > 0)
            ArrayPool<byte>.Shared.Return(smaller);
    }

    private void ReturnBuffer()
    {
        var buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
