// One way of writing the contract's messages as bytes. The native JSON is the first; binary and foreign ones follow
// into the same rooms, so nothing behind this interface knows JSON.

using System.Buffers;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Protocol;

/// <summary>
/// 1. Stateless and thread-safe: one instance serves every connection and room.
/// 2. Parse never throws on what a peer sent; what it can't understand becomes an <see cref="InvalidMessage"/>.
/// 3. What Parse returns holds no reference into the payload: the caller reuses the buffer at once.
/// 4. A client's own fields are written byte for byte as they came.
/// </summary>
public interface IDialect
{
    /// <summary>The WebSocket subprotocol that selects it.</summary>
    string Subprotocol { get; }

    /// <summary>Reads one frame's payload (known to be UTF-8 for a text dialect) and appends one message for each object in it.</summary>
    void Parse(ReadOnlySpan<byte> payload, ICollection<ClientMessage> messages);

    /// <summary>Writes one message as one payload.</summary>
    void Write(ServerMessage message, IBufferWriter<byte> output);

    /// <summary>Writes an event as its members see it, stamped.</summary>
    /// <param name="skipped">How many it superseded; 0 says nothing.</param>
    void WriteEvent(RoomEvent roomEvent, bool replay, int skipped, IBufferWriter<byte> output);
}
