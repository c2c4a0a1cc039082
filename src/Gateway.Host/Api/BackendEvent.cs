// An event as a backend wrote it: read by the dialect's own rules, but for the sender, which a backend may name and a client may not.
// Takes what was sent; never throws.

using System.Text.Json;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;

namespace Gateway.Host.Api;

internal sealed record BackendEvent(PublishCommand Command, string SenderId, string SenderName)
{
    public const string DefaultSender = "system";

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = ProtocolLimits.JsonDepth };

    public static (BackendEvent? Event, ApiProblem? Problem) Parse(IDialect dialect, ReadOnlySpan<byte> body)
    {
        if (!System.Text.Unicode.Utf8.IsValid(body))
            return (null, new ApiProblem(StatusCodes.Status400BadRequest, ErrorCode.BadJson, "The text is not UTF-8."));
        var messages = new List<ClientMessage>(1);
        dialect.Parse(body, messages);
        if (messages is not [var message] || body.TrimStart(" \t\r\n"u8).StartsWith("["u8))
            return (null, ApiProblem.BadFrame("An event must be one object."));
        if (message is InvalidMessage invalid)
            return (null, new ApiProblem(StatusCodes.Status400BadRequest, invalid.Code, invalid.Text, invalid.Field));
        if (message is not PublishCommand command)
            return (null, new ApiProblem(StatusCodes.Status400BadRequest, ErrorCode.ReservedType, "This type is a command of clients.", "type"));
        var (senderId, senderName, wrong) = ReadSender(body);
        if (wrong is not null)
            return (null, ApiProblem.BadFrame("Must be a string of 1 to 128 characters.", wrong));
        return (new BackendEvent(command, senderId ?? DefaultSender, senderName ?? senderId ?? DefaultSender), null);
    }

    /// <summary>What this event is in one room, or why it can't be in it.</summary>
    public (BackendPublication? Publication, ApiProblem? Problem) For(RoomName room, Namespaces namespaces, Func<string> newId)
    {
        if (Command.Room is { } named && named != room)
            return (null, ApiProblem.BadRoom with { Detail = "The body names another room than the path.", Field = "room" });
        if (namespaces.Find(room) is not { } policy)
            return (null, ApiProblem.NotServed);
        var ephemeral = Command.Ephemeral || policy.Mode == RoomMode.Ephemeral || policy.EphemeralTypes.Contains(Command.Type);
        if (policy.Mode == RoomMode.Latest && !ephemeral && Command.Key is null)
            return (null, ApiProblem.BadFrame("An event of this room must have a key of 1 to 128 characters.", "key"));
        var publication = new BackendPublication
        {
            Event = new RoomEvent
            {
                Room = room,
                Type = Command.Type,
                Id = Command.Id ?? newId(),
                SenderId = SenderId,
                SenderName = SenderName,
                Fields = Command.Fields,
                Key = Command.Key,
                Ephemeral = ephemeral,
            },
            IdScope = Publication.BackendScope,
            HasClientId = Command.Id is not null,
        };
        return (publication, null);
    }

    private static (string? Id, string? Name, string? Wrong) ReadSender(ReadOnlySpan<byte> body)
    {
        string? id = null;
        string? name = null;
        try
        {
            var reader = new Utf8JsonReader(body, ReaderOptions);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("senderId"u8);
                var isName = !isId && reader.ValueTextEquals("senderName"u8);
                reader.Read();
                if (isId && !TryReadText(ref reader, out id))
                    return (null, null, "senderId");
                if (isName && !TryReadText(ref reader, out name))
                    return (null, null, "senderName");
                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The dialect took the text, so only a string that can't be decoded (a lone surrogate) comes here.
            return (null, null, id is null ? "senderId" : "senderName");
        }

        return (id, name, null);
    }

    private static bool TryReadText(ref Utf8JsonReader reader, out string? text)
    {
        text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number when reader.TryGetInt64(out var number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => null,
        };
        return reader.TokenType == JsonTokenType.Null || text is { Length: > 0 and <= ProtocolLimits.UserIdChars };
    }
}
