// The native dialect: the contract's messages as JSON. One stateless instance serves every connection and room.

using System.Buffers;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Protocol.Json;

public sealed class JsonDialect : IDialect
{
    public string Subprotocol => "gateway.v1.json";

    public void Parse(ReadOnlySpan<byte> payload, ICollection<ClientMessage> messages) => JsonParser.Parse(payload, messages);

    public void Write(ServerMessage message, IBufferWriter<byte> output) => ServerMessageWriter.Write(message, output);

    public void WriteEvent(RoomEvent roomEvent, bool replay, int skipped, IBufferWriter<byte> output)
    {
        var json = new JsonOutput(output);
        EventWriter.Write(ref json, roomEvent, replay, skipped);
        json.Complete();
    }
}
