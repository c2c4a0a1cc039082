// Decodes a client's WebSocket frames (RFC 6455 §5) out of the buffer that its connection's reader owns. One a connection, used
// by its reader alone. No I/O and no exceptions: what a peer does wrong is an outcome. It never holds more than one message.

using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace Gateway.Protocol.WebSockets;

/// <summary>
/// Use: call Read over what was received and not yet consumed, until it says NeedMore; then receive more behind it.
/// <code>
/// while (true)
/// {
///     var frame = decoder.Read(buffer.AsSpan(start, end - start));
///     … use frame.Payload (it lies in the buffer) …
///     start += frame.Consumed;
///     if (frame.Kind == FrameKind.NeedMore)
///         … move start…end to the front, see that frame.Needed bytes will fit, receive behind end …
/// }
/// </code>
/// 1. A message in one frame is unmasked in place and handed out without a copy. Fragments are gathered in pooled memory.
/// 2. A message may be as long as the limit; a longer one is refused by its declared length, before its payload arrives.
/// 3. Control frames between the fragments of a message are handed out at once.
/// 4. The same bytes give the same outcomes however they were split.
/// 5. After Close or Violation everything is consumed and nothing is found.
/// </summary>
/// <param name="maxMessageBytes">Of a whole message, all its fragments together.</param>
public sealed class FrameDecoder(int maxMessageBytes) : IDisposable
{
    /// <summary>The longest header of a client frame: two bytes, a 64-bit length, the mask key.</summary>
    public const int MaxHeader = 14;

    private const int KeyBytes = 4;
    private const int MaxControlPayload = 125;
    private const int FirstRent = 1024;
    private const int NoMessage = -1;

    private byte[] _gathered = [];
    private int _gatheredLength;
    private bool _gatheredIsOut;
    private int _openOpcode = NoMessage;
    private bool _ended;

    /// <summary>Between the first and the last fragment of a message.</summary>
    public bool InMessage => _openOpcode != NoMessage;

    /// <summary>Finds what stands first in the buffer, and unmasks it there.</summary>
    public DecodedFrame Read(Span<byte> buffer)
    {
        if (_gatheredIsOut)
            ReturnGathered();
        var consumed = 0;
        while (!_ended)
        {
            var rest = buffer[consumed..];
            if (rest.Length < 2)
                return NeedMore(consumed, 2);
            if (!MayFollow(rest[0], rest[1]))
                return Violate(CloseCode.ProtocolError, consumed);
            if (!TryReadLength(rest, out var headerLength, out var length))
                return NeedMore(consumed, headerLength);
            var opcode = rest[0] & 0x0F;
            var isControl = (opcode & 0x8) != 0;
            if (length < 0)
                return Violate(CloseCode.ProtocolError, consumed);
            if (!isControl && length > maxMessageBytes - _gatheredLength)
                return Violate(CloseCode.TooBig, consumed);
            var frameLength = headerLength + (int)length;
            if (rest.Length < frameLength)
                return NeedMore(consumed, frameLength);

            var payload = rest[headerLength..frameLength];
            FrameMask.Remove(payload, rest.Slice(headerLength - KeyBytes, KeyBytes));
            consumed += frameLength;
            if (isControl)
                return Control(opcode, payload, consumed);
            var isFinal = (rest[0] & 0x80) != 0;
            if (isFinal && !InMessage)
                return Message(opcode, payload, consumed);
            Gather(opcode, payload);
            if (isFinal)
                return GatheredMessage(consumed);
        }

        return NeedMore(buffer.Length, 2);
    }

    public void Dispose()
    {
        _ended = true;
        ReturnGathered();
    }

    private static DecodedFrame NeedMore(int consumed, int needed) =>
        new() { Kind = FrameKind.NeedMore, Consumed = consumed, Needed = needed };

    /// <summary>Whether a frame whose header begins so may stand here.</summary>
    private bool MayFollow(byte first, byte second)
    {
        var isFinal = (first & 0x80) != 0;
        var isMasked = (second & 0x80) != 0;
        var hasReservedBits = (first & 0x70) != 0;
        if (!isMasked || hasReservedBits)
            return false;
        return (byte)(first & 0x0F) switch
        {
            Opcode.Continuation => InMessage,
            Opcode.Text or Opcode.Binary => !InMessage,
            Opcode.Close or Opcode.Ping or Opcode.Pong => isFinal && (second & 0x7F) <= MaxControlPayload,
            _ => false,
        };
    }

    /// <param name="headerLength">With the mask key; also what is needed where there is not enough.</param>
    /// <param name="length">Of the payload; negative where no length may be so.</param>
    private static bool TryReadLength(ReadOnlySpan<byte> frame, out int headerLength, out long length)
    {
        length = frame[1] & 0x7F;
        headerLength = 2 + KeyBytes + (length < 126 ? 0 : length == 126 ? 2 : 8);
        if (length < 126)
            return frame.Length >= headerLength;

        // The length is judged before the key arrives.
        if (frame.Length < headerLength - KeyBytes)
            return false;
        length = length == 126 ? BinaryPrimitives.ReadUInt16BigEndian(frame[2..]) : BinaryPrimitives.ReadInt64BigEndian(frame[2..]);
        return true;
    }

    private DecodedFrame Message(int opcode, ReadOnlySpan<byte> payload, int consumed)
    {
        if (opcode == Opcode.Text && !Utf8.IsValid(payload))
            return Violate(CloseCode.NotUtf8, consumed);
        return new() { Kind = opcode == Opcode.Text ? FrameKind.Text : FrameKind.Binary, Payload = payload, Consumed = consumed };
    }

    private DecodedFrame GatheredMessage(int consumed)
    {
        var opcode = _openOpcode;
        _openOpcode = NoMessage;
        _gatheredIsOut = true;
        return Message(opcode, _gathered.AsSpan(0, _gatheredLength), consumed);
    }

    private DecodedFrame Control(int opcode, ReadOnlySpan<byte> payload, int consumed)
    {
        if (opcode != Opcode.Close)
            return new() { Kind = opcode == Opcode.Ping ? FrameKind.Ping : FrameKind.Pong, Payload = payload, Consumed = consumed };
        if (payload.IsEmpty)
            return End(new() { Kind = FrameKind.Close, Consumed = consumed });
        if (payload.Length == 1)
            return Violate(CloseCode.ProtocolError, consumed);
        int code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (!IsPeersCode(code))
            return Violate(CloseCode.ProtocolError, consumed);
        var reason = payload[2..];
        return Utf8.IsValid(reason)
            ? End(new() { Kind = FrameKind.Close, Payload = reason, PeerCode = code, Consumed = consumed })
            : Violate(CloseCode.NotUtf8, consumed);
    }

    /// <summary>RFC 6455 §7.4 and the registry that it opens: 1004 to 1006 and 1015 never stand in a frame.</summary>
    private static bool IsPeersCode(int code) =>
        code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    private DecodedFrame Violate(CloseCode code, int consumed) =>
        End(new() { Kind = FrameKind.Violation, Violation = code, Consumed = consumed });

    private DecodedFrame End(DecodedFrame frame)
    {
        _ended = true;
        return frame;
    }

    private void Gather(int opcode, ReadOnlySpan<byte> payload)
    {
        if (!InMessage)
            _openOpcode = opcode;
        var length = _gatheredLength + payload.Length;
        if (length > _gathered.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, Math.Max(FirstRent, Math.Min(_gathered.Length * 2, maxMessageBytes))));
            _gathered.AsSpan(0, _gatheredLength).CopyTo(larger);
            var smaller = _gathered;
            _gathered = larger;
            if (smaller.Length > 0)
                ArrayPool<byte>.Shared.Return(smaller);
        }

        payload.CopyTo(_gathered.AsSpan(_gatheredLength));
        _gatheredLength = length;
    }

    private void ReturnGathered()
    {
        var buffer = _gathered;
        _gathered = [];
        _gatheredLength = 0;
        _gatheredIsOut = false;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
