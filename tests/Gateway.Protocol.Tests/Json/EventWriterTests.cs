// An event as its members see it, and the strings and times in it.

using System.Text.Json;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class EventWriterTests
{
    private static readonly RoomEvent Event = new()
    {
        Room = RoomName.Parse("lobby"),
        Type = "message",
        Id = "c-1",
        SenderId = "u1",
        SenderName = "Ann",
        Fields = "\"content\":\"hi\",\"n\":1.10"u8.ToArray(),
        Seq = 58,
        TimestampMs = 1_767_225_600_000,
    };

    [Fact]
    public void A_stored_event_bears_its_position() => Assert.Equal(
        """{"type":"message","room":"lobby","id":"c-1","seq":58,"epoch":"k3","senderId":"u1","senderName":"Ann","timestamp":"2026-01-01T00:00:00.000Z","content":"hi","n":1.10}""",
        WriteEvent(Event));

    [Fact]
    public void An_event_that_is_not_stored_bears_none() => Assert.Equal(
        """{"type":"message","room":"lobby","id":"c-1","senderId":"u1","senderName":"Ann","timestamp":"2026-01-01T00:00:00.000Z"}""",
        WriteEvent(Event with { Seq = 0, Fields = default }, epoch: null));

    [Fact]
    public void Replay_and_skipped_are_said_only_where_they_are_so() => Assert.Equal(
        """{"type":"message","room":"lobby","id":"c-1","seq":58,"epoch":"k3","senderId":"u1","senderName":"Ann","timestamp":"2026-01-01T00:00:00.000Z","replay":true,"skipped":7,"content":"hi","n":1.10}""",
        WriteEvent(Event, replay: true, skipped: 7));

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("\"quoted\" \\ /")]
    [InlineData("\0\u0001\b\t\n\u000b\f\r\u000f\u0010\u001f\u007f")]
    [InlineData("é € 😀 \u2028 \uFEFF")]
    [InlineData("😀\"😀")]
    public void Any_text_is_read_back_as_it_was(string text)
    {
        using var document = JsonDocument.Parse(WriteEvent(Event with { SenderName = text, Id = text, Type = text, SenderId = text }, epoch: text));
        foreach (var name in new[] { "senderName", "id", "type", "senderId", "epoch" })
            Assert.Equal(text, document.RootElement.GetProperty(name).GetString());
    }

    [Fact]
    public void Half_a_pair_becomes_a_replacement_character()
    {
        // Not as inline data: attributes are kept as UTF-8, which has no half pairs.
        foreach (var (text, expected) in new[] { ("\ud83d", "\uFFFD"), ("a\ude00b", "a\uFFFDb"), ("\ud83d\"\ude00", "\uFFFD\"\uFFFD") })
        {
            using var document = JsonDocument.Parse(WriteEvent(Event with { SenderName = text }));
            Assert.Equal(expected, document.RootElement.GetProperty("senderName").GetString());
        }
    }

    [Fact]
    public void Long_text_passes_every_boundary_of_the_output()
    {
        for (var length = 0; length < 1200; length += 7)
        {
            var text = string.Concat(Enumerable.Repeat("é\"😀a\n", length / 6 + 1));
            using var document = JsonDocument.Parse(WriteEvent(Event with { SenderName = text }));
            Assert.Equal(text, document.RootElement.GetProperty("senderName").GetString());
        }
    }

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999Z")]
    [InlineData(951_827_696_789, "2000-02-29T12:34:56.789Z")]
    [InlineData(1_767_225_600_007, "2026-01-01T00:00:00.007Z")]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999Z")]
    [InlineData(long.MinValue, "0001-01-01T00:00:00.000Z")]
    public void A_time_always_has_three_decimals_and_z(long unixMs, string expected) =>
        Assert.Contains($"\"timestamp\":\"{expected}\"", WriteEvent(Event with { TimestampMs = unixMs }), StringComparison.Ordinal);

    [Fact]
    public void A_time_of_another_offset_is_written_in_utc() => Assert.Contains(
        "\"since\":\"2025-12-31T22:30:00.123Z\"",
        Write(new Gateway.Protocol.Outbound.Degraded(new DateTimeOffset(2026, 1, 1, 0, 0, 0, 123, TimeSpan.FromMinutes(90)))),
        StringComparison.Ordinal);
}
