// Makes client messages of one frame's payload. The whole text is judged before any part of it counts.

using System.Buffers;
using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Json;

internal static class JsonParser
{
    public static void Parse(ReadOnlySpan<byte> payload, ICollection<ClientMessage> messages)
    {
        var table = ArrayPool<JsonMember>.Shared.Rent(ProtocolLimits.FieldsPerObject);
        var scanner = new JsonScanner(payload);
        switch (scanner.Peek())
        {
            case '{':
                messages.Add(JsonObject.TryRead(ref scanner, table, out var source) && scanner.AtEnd() ? ParseObject(source) : BadJson());
                break;
            case '[':
                ParseArray(payload, table, messages);
                break;
            default:
                JsonMember value = default;
                var valid = scanner.ReadValue(ref value) && scanner.AtEnd();
                messages.Add(valid ? BadFrame(null, "A frame must be an object or an array of objects.") : BadJson());
                break;
        }

        ArrayPool<JsonMember>.Shared.Return(table);
    }

    private static void ParseArray(ReadOnlySpan<byte> payload, JsonMember[] table, ICollection<ClientMessage> messages)
    {
        if (!TryCountElements(payload, out var count))
        {
            messages.Add(BadJson());
            return;
        }

        if (count is 0 or > ProtocolLimits.ObjectsPerFrame)
        {
            messages.Add(BadFrame(null, "An array must hold 1 to 1000 objects."));
            return;
        }

        var elements = new JsonScanner(payload);
        elements.Peek();
        elements.Enter();
        while (elements.NextElement(out var element) == JsonStep.Found)
        {
            if (element.Kind != JsonKind.Object)
            {
                messages.Add(BadFrame(null, "Each element must be an object."));
                continue;
            }

            var scanner = new JsonScanner(element.Value(payload));
            messages.Add(JsonObject.TryRead(ref scanner, table, out var source) ? ParseObject(source) : BadJson());
        }
    }

    /// <returns>False where the whole text is no JSON.</returns>
    private static bool TryCountElements(ReadOnlySpan<byte> payload, out int count)
    {
        count = 0;
        var scanner = new JsonScanner(payload);
        scanner.Peek();
        scanner.Enter();
        JsonStep step;
        while ((step = scanner.NextElement(out _)) == JsonStep.Found)
            count++;
        return step == JsonStep.End && scanner.AtEnd();
    }

    private static ClientMessage ParseObject(JsonObject source)
    {
        var idIsValid = source.TryReadId(out var id);
        if (source.TooManyMembers)
            return BadFrame(id, "Has too many fields.");
        if (source.HasDuplicate)
            return BadFrame(id, "Has a field twice.", source.DuplicateName());
        if (!idIsValid)
            return BadFrame(null, "Must be a string of 1 to 128 characters.", FieldNames.Text(FieldName.Id));
        if (!source.TryFind(FieldName.Type, out var member))
            return EventParser.Parse(source, id, MessageTypes.Default);
        if (!MessageTypes.TryRead(member, source.Text, out var type, out var text))
            return BadFrame(id, "Must be a string of 1 to 128 characters.", FieldNames.Text(FieldName.Type));
        return type switch
        {
            MessageType.Event => EventParser.Parse(source, id, text),
            MessageType.Reserved => new InvalidMessage(id, ErrorCode.ReservedType, "This type is the server's.", FieldNames.Text(FieldName.Type)),
            _ => CommandParser.Parse(type, source, id),
        };
    }

    private static InvalidMessage BadJson() => new(null, ErrorCode.BadJson, "The frame is no JSON, or is nested too deep.", null);

    private static InvalidMessage BadFrame(string? id, string text, string? field = null) => new(id, ErrorCode.BadFrame, text, field);
}
