// More than a million mutated frames against the framework's own JSON reader: what it refuses is bad_json, what it accepts is
// not, nothing throws, and every event that comes of it is written as sound JSON. A failure names its seed and the frame.

using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class JsonFuzzTests
{
    private const int Batches = 4;
    private const int FramesPerBatch = 275_000;

    private static readonly string[] Corpus =
    [
        "{\"type\":\"message\",\"room\":\"lobby\",\"id\":\"c-1\",\"content\":\"hi\",\"anything\":{\"you\":[1,2.50,-3e+7,null,true,false,\"\\u00e9\\n\"]}}",
        "{\"type\":\"join\",\"room\":\"lobby\",\"since\":12,\"epoch\":\"k3\"}",
        "[{\"type\":\"ping\",\"t\":1},{\"content\":\"é€😀\"},7]",
        "{\"type\":\"resume\",\"session\":\"s\",\"rooms\":{\"lobby\":{\"since\":58,\"epoch\":\"k3\"},\"chat:a\":{}}}",
        "{\"type\":\"subscribe\",\"room\":\"telemetry:p1\",\"maxRate\":5,\"keys\":[\"pump-*\"]}",
        "{\"type\":\"typing\",\"chatId\":42,\"isTyping\":false}",
        "{ \"timestamp\" : \"x\" , \"sentAt\":0.1,\"senderId\":\"evil\",\"s\\u0065q\":1,\"key\":\"k\",\"ephemeral\":true }",
        "{\"type\":\"history\",\"before\":58,\"limit\":50,\"id\":\"\\ud83d\\ude00\"}",
        "{\"a\":{\"b\":{\"c\":[[[[{\"d\":[]}]]]]}},\"e\":-0,\"f\":1E5,\"g\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
        "{}",
        "[]",
        " null ",
    ];

    private static readonly string[] Stamps = ["type", "room", "id", "seq", "epoch", "senderId", "senderName", "timestamp"];

    private static readonly string[] Snippets =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\u0000", "0", "-", ".", "e", "E+", "01", "1.", "true", "nul", " ", "\n", "\t",
        "\u0001", "\"type\":\"message\",", "\"id\":\"x\",", "\"a\":1,\"a\":2,", "\"seq\":5,", "[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]", "{\"a\":{\"a\":{\"a\":{\"a\":",
        "}}}}", "/**/", "//", "é", "\uFEFF",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutated_frames_are_judged_as_the_framework_judges_them(int batch)
    {
        Assert.InRange(batch, 1, Batches);
        Assert.True(Batches * FramesPerBatch >= 1_000_000);
        var random = new Random(batch);
        var corpus = Corpus.Select(Encoding.UTF8.GetBytes).ToArray();
        var snippets = Snippets.Select(Encoding.UTF8.GetBytes).ToArray();
        var messages = new List<ClientMessage>();
        var output = new ArrayBufferWriter<byte>();
        var sound = 0;
        for (var i = 0; i < FramesPerBatch; i++)
        {
            var frame = Mutate(random, corpus, snippets);
            messages.Clear();
            try
            {
                Dialect.Parse(frame, messages);
                sound += Check(frame, messages, output) ? 1 : 0;
            }
            catch (Exception failure)
            {
                Assert.Fail($"seed {batch}, frame {i}: {Convert.ToHexString(frame)}\n{Encoding.UTF8.GetString(frame)}\n{failure}");
            }
        }

        Assert.InRange(sound, FramesPerBatch / 20, FramesPerBatch / 20 * 19);
    }

    /// <returns>Whether the frame is JSON.</returns>
    private static bool Check(byte[] frame, List<ClientMessage> messages, ArrayBufferWriter<byte> output)
    {
        Assert.NotEmpty(messages);
        var isJson = IsJson(frame);
        var isBadJson = messages is [InvalidMessage { Code: ErrorCode.BadJson }];
        Assert.Equal(isJson, !isBadJson);
        Assert.True(isBadJson || messages.All(m => m is not InvalidMessage { Code: ErrorCode.BadJson }));
        foreach (var message in messages)
        {
            if (message is not PublishCommand publish)
                continue;
            output.ResetWrittenCount();
            Dialect.WriteEvent(Stamp(publish), replay: false, skipped: 0, output);
            Assert.True(IsJson(output.WrittenSpan), "an event was written that is no JSON");
            CheckStamps(output.WrittenSpan);
        }

        return isJson;
    }

    private static RoomEvent Stamp(PublishCommand publish) => new()
    {
        Room = publish.Room ?? RoomName.Parse("lobby"),
        Type = publish.Type,
        Id = publish.Id ?? "made",
        SenderId = "u1",
        SenderName = "Ann",
        Fields = publish.Fields,
        Seq = 58,
        Epoch = "k3",
    };

    /// <summary>Each of the server's members stands once, whatever the sender wrote.</summary>
    private static void CheckStamps(ReadOnlySpan<byte> written)
    {
        var reader = new Utf8JsonReader(written);
        var stamped = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && IsStamp(ref reader))
                stamped++;
        }

        Assert.Equal(Stamps.Length, stamped);
    }

    private static bool IsStamp(ref Utf8JsonReader reader)
    {
        // The framework throws where it is asked for a name that is no text; such a one is no stamp.
        if (reader.ValueIsEscaped && (reader.ValueSpan.IndexOf("\\ud"u8) >= 0 || reader.ValueSpan.IndexOf("\\uD"u8) >= 0))
            return false;
        foreach (var stamp in Stamps)
        {
            if (reader.ValueTextEquals(stamp))
                return true;
        }

        return false;
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = ProtocolLimits.JsonDepth });
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Mutate(Random random, byte[][] corpus, byte[][] snippets)
    {
        var frame = new List<byte>(corpus[random.Next(corpus.Length)]);
        for (var i = random.Next(4); i > 0; i--)
        {
            var at = random.Next(frame.Count + 1);
            switch (random.Next(7))
            {
                case 0 when at < frame.Count:
                    frame[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    frame.InsertRange(at, snippets[random.Next(snippets.Length)]);
                    break;
                case 2:
                    frame.RemoveRange(at, Math.Min(random.Next(1, 5), frame.Count - at));
                    break;
                case 3 when random.Next(4) == 0:
                    frame.RemoveRange(at, frame.Count - at);
                    break;
                case 4:
                    var other = corpus[random.Next(corpus.Length)];
                    var from = random.Next(other.Length);
                    frame.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 30))]);
                    break;
                case 5:
                    Nest(random, frame);
                    break;
                case 6 when frame.Count > 2 && frame[0] == '{':
                    frame.InsertRange(1, "\"own\":[0.10,\"\\ud800\"],"u8);
                    break;
            }
        }

        return [.. frame];
    }

    /// <summary>Wraps the frame in so many levels that the limit lies in their midst.</summary>
    private static void Nest(Random random, List<byte> frame)
    {
        var levels = random.Next(3) == 0 ? random.Next(55, 70) : random.Next(1, 4);
        for (; levels > 0; levels--)
        {
            var inObject = random.Next(2) == 0;
            frame.InsertRange(0, inObject ? "{\"n\":"u8 : "["u8);
            frame.Add(inObject ? (byte)'}' : (byte)']');
        }
    }
}
