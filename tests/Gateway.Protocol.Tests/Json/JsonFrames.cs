// Says a frame to the dialect and hands back what it understood; reads back what the dialect wrote.

using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Json;
using Gateway.Protocol.Outbound;

namespace Gateway.Protocol.Tests.Json;

internal static class JsonFrames
{
    public static readonly JsonDialect Dialect = new();

    public static List<ClientMessage> ParseAll(string frame)
    {
        var messages = new List<ClientMessage>();
        Dialect.Parse(Encoding.UTF8.GetBytes(frame), messages);
        return messages;
    }

    public static ClientMessage Parse(string frame) => Assert.Single(ParseAll(frame));

    public static T Parse<T>(string frame)
        where T : ClientMessage => Assert.IsType<T>(Parse(frame));

    /// <summary>Expects the frame to be refused.</summary>
    public static InvalidMessage Refused(string frame, ErrorCode code, string? field = null)
    {
        var invalid = Parse<InvalidMessage>(frame);
        Assert.Equal(code, invalid.Code);
        Assert.Equal(field, invalid.Field);
        Assert.NotEmpty(invalid.Text);
        return invalid;
    }

    public static string FieldsOf(string frame) => Encoding.UTF8.GetString(Parse<PublishCommand>(frame).Fields.Span);

    public static string Write(ServerMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        Dialect.Write(message, output);
        return Checked(output);
    }

    public static string WriteEvent(RoomEvent roomEvent, string? epoch = "k3", bool replay = false, int skipped = 0)
    {
        var output = new ArrayBufferWriter<byte>();
        Dialect.WriteEvent(roomEvent with { Epoch = epoch }, replay, skipped, output);
        return Checked(output);
    }

    public static string Utf8(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static string Checked(ArrayBufferWriter<byte> output)
    {
        using var document = JsonDocument.Parse(output.WrittenMemory);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
