// What parsing costs in memory: a malformed frame makes no exception and nothing but its error, an event little but itself.

using System.Buffers;
using System.Text;
using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Tests.Json;

public sealed class ParseCostTests
{
    private const int Frames = 1000;

    /// <summary>An InvalidMessage takes 48 bytes; the rest is leave for the pool to renew its arrays. An exception takes some hundreds.</summary>
    private const int BytesPerMalformedFrame = 128;

    [Theory]
    [InlineData("{\"type\":\"message\",\"content\":\"cut off")]
    [InlineData("not json at all")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[1,2,")]
    [InlineData("[1]")]
    [InlineData("{\"a\":1,\"\\u0061 b\":2,\"a b\":3}")]
    [InlineData("{\"type\":7}")]
    [InlineData("{\"type\":\"gw.x\"}")]
    [InlineData("{\"id\":7}")]
    [InlineData("{\"room\":7.5}")]
    [InlineData("{\"ephemeral\":7}")]
    public void A_malformed_frame_costs_its_error_and_nothing_more(string frame)
    {
        var thrown = 0;
        var thread = Environment.CurrentManagedThreadId;
        void Count(object? sender, System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs e)
        {
            if (Environment.CurrentManagedThreadId == thread)
                thrown++;
        }

        AppDomain.CurrentDomain.FirstChanceException += Count;
        var bytes = BytesPerParse(frame, typeof(InvalidMessage));
        AppDomain.CurrentDomain.FirstChanceException -= Count;
        Assert.Equal(0, thrown);
        Assert.InRange(bytes, 1, BytesPerMalformedFrame);
    }

    [Fact]
    public void Deep_nesting_and_many_members_cost_no_memory()
    {
        Assert.InRange(BytesPerParse(new string('[', 60_000), typeof(InvalidMessage)), 1, BytesPerMalformedFrame);
        var wide = "{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"m{i}\":{i}")) + "}";
        Assert.InRange(BytesPerParse(wide, typeof(InvalidMessage)), 1, BytesPerMalformedFrame);
    }

    [Fact]
    public void An_event_costs_its_record_its_fields_and_two_strings()
    {
        const string fields = "\"content\":\"hello, world\",\"n\":1.10";
        const string frame = "{\"type\":\"message\",\"room\":\"lobby\",\"id\":\"c-1\"," + fields + "}";
        const int record = 104;
        const int arrayAndStrings = 24 + 40 + 32 + 32;
        Assert.InRange(BytesPerParse(frame, typeof(PublishCommand)), 1, record + arrayAndStrings + fields.Length + 64);
    }

    [Fact]
    public void Writing_an_event_costs_nothing()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        var roomEvent = new RoomEvent
        {
            Room = RoomName.Parse("lobby"),
            Type = "message",
            Id = "c-1",
            SenderId = "u1",
            SenderName = "Ann \"the\" é",
            Fields = "\"content\":\"hi\""u8.ToArray(),
            Seq = 58,
        };
        var bytes = Measure(() =>
        {
            output.ResetWrittenCount();
            JsonFrames.Dialect.WriteEvent(roomEvent, replay: true, skipped: 3, output);
        });
        Assert.InRange(bytes, 0, 1);
    }

    private static double BytesPerParse(string frame, Type expected)
    {
        var payload = Encoding.UTF8.GetBytes(frame);
        var messages = new List<ClientMessage>(16);
        var bytes = Measure(() =>
        {
            messages.Clear();
            JsonFrames.Dialect.Parse(payload, messages);
        });
        Assert.IsType(expected, Assert.Single(messages));
        return bytes;
    }

    private static double Measure(Action action)
    {
        for (var i = 0; i < 100; i++)
            action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Frames; i++)
            action();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Frames;
    }
}
