// Makes commands of a client's objects. Every field that a command has is checked strictly; those it has not are ignored.

using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Json;

internal static class CommandParser
{
    /// <summary>A token is a few hundred characters; one with many rooms some thousands.</summary>
    private const int TokenChars = 8192;

    private const int EchoBytes = 256;
    private const int DefaultHistoryLimit = 50;
    private const double MostRate = 60;

    public static ClientMessage Parse(MessageType type, JsonObject source, string? id)
    {
        var fields = new MessageFields(source, id);
        ClientMessage message = type switch
        {
            MessageType.Auth => new AuthCommand(id, fields.RequiredText(FieldName.Token, TokenChars)),
            MessageType.Delivered => ParseReceipt(ref fields, ReceiptStatus.Delivered),
            MessageType.History => ParseHistory(ref fields),
            MessageType.Join => ParseJoin(ref fields),
            MessageType.Leave => new LeaveCommand(id, RoomFields.Read(ref fields)),
            MessageType.Ping => ParsePing(ref fields),
            MessageType.Pong => new PongCommand(id),
            MessageType.Presence => new PresenceCommand(id, RoomFields.Read(ref fields)),
            MessageType.Read => ParseReceipt(ref fields, ReceiptStatus.Read),
            MessageType.Resume => ResumeParser.Parse(ref fields),
            MessageType.StopTyping => new TypingCommand(id, RoomFields.Read(ref fields), Started: false, CarriedFlag: false, RoomFields.CopyAlias(source)),
            MessageType.Subscribe => ParseSubscribe(ref fields),
            MessageType.Typing => ParseTyping(ref fields),
            _ => new LeaveCommand(id, RoomFields.Read(ref fields), Unsubscribing: true),
        };
        return fields.Failed ? fields.Fault with { OfServed = type is MessageType.Auth or MessageType.Ping } : message;
    }

    private static JoinCommand ParseJoin(ref MessageFields fields) => new(
        fields.Id,
        RoomFields.Read(ref fields),
        fields.Integer(FieldName.Since, 0),
        fields.Text(FieldName.Epoch, ProtocolLimits.IdChars),
        fields.ClippedCount(FieldName.History, int.MaxValue));

    private static PingCommand ParsePing(ref MessageFields fields)
    {
        if (!fields.TryFind(FieldName.T, out var echo))
            return new PingCommand(fields.Id, default);
        if (echo.ValueLength <= EchoBytes)
            return new PingCommand(fields.Id, fields.Value(echo).ToArray());
        fields.FailFrame(FieldName.T, "May take 256 bytes at most.");
        return new PingCommand(fields.Id, default);
    }

    private static HistoryCommand ParseHistory(ref MessageFields fields)
    {
        var room = RoomFields.Read(ref fields);
        var before = fields.Integer(FieldName.Before, 0);
        var after = fields.Integer(FieldName.After, 0);
        var limit = fields.Integer(FieldName.Limit, 1) ?? DefaultHistoryLimit;
        if (before is not null && after is not null)
            fields.FailFrame(FieldName.After, "May not stand together with before.");
        if (limit > ProtocolLimits.HistoryLimit)
            fields.FailFrame(FieldName.Limit, "Must be a whole number within its range.");
        return new HistoryCommand(fields.Id, room, before, after, (int)Math.Min(limit, ProtocolLimits.HistoryLimit));
    }

    private static TypingCommand ParseTyping(ref MessageFields fields)
    {
        var flag = fields.Flag(FieldName.IsTyping);
        return new TypingCommand(
            fields.Id, RoomFields.Read(ref fields), Started: flag ?? true, CarriedFlag: flag is not null, RoomFields.CopyAlias(fields.Source));
    }

    private static ReceiptCommand ParseReceipt(ref MessageFields fields, ReceiptStatus status)
    {
        var room = RoomFields.Read(ref fields);
        var seq = fields.Integer(FieldName.Seq, 1);
        if (seq is null)
            fields.FailFrame(FieldName.Seq, "Is missing.");
        return new ReceiptCommand(fields.Id, room, status, seq ?? 0);
    }

    private static SubscribeCommand ParseSubscribe(ref MessageFields fields) => new(
        fields.Id,
        RoomFields.Read(ref fields),
        fields.Rate(FieldName.MaxRate, MostRate),
        ParseKeys(ref fields));

    /// <summary>Exact names, or with a star at the end.</summary>
    private static List<string>? ParseKeys(ref MessageFields fields)
    {
        if (!fields.TryFind(FieldName.Keys, out var member))
            return null;
        var keys = new List<string>();
        if (member.Kind == JsonKind.Array && TryReadKeys(fields.Value(member), keys) && keys.Count > 0)
            return keys;
        fields.FailFrame(FieldName.Keys, "Must be 1 to 100 keys, each with a star at most at its end.");
        return null;
    }

    private static bool TryReadKeys(ReadOnlySpan<byte> array, List<string> keys)
    {
        var scanner = new JsonScanner(array);
        scanner.Enter();
        while (scanner.NextElement(out var element) == JsonStep.Found)
        {
            if (keys.Count == ProtocolLimits.KeysPerSubscription || element.Kind != JsonKind.String
                || !JsonText.TryDecode(element.Content(array), ProtocolLimits.KeyChars, out var key))
            {
                return false;
            }

            var star = key.IndexOf('*', StringComparison.Ordinal);
            if (star >= 0 && star != key.Length - 1)
                return false;
            keys.Add(key);
        }

        return true;
    }
}
