// What a client's frames mean, and what is refused how.

using Gateway.Protocol.WebSockets;

namespace Gateway.Protocol.Tests.WebSockets;

public sealed class FrameDecoderTests
{
    private const int Limit = 1000;

    [Fact]
    public void Messages_in_one_frame_come_out_one_after_another() =>
        Assert.Equal(["text one", "text ", "Binary 0102", "text zwölf"], Read(
            ClientFrames.Text("one"), ClientFrames.Text(""), ClientFrames.Frame(Opcode.Binary, [1, 2]), ClientFrames.Text("zwölf")));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(70001)]
    public void Every_form_of_length_is_read_and_unmasked(int length)
    {
        var payload = new byte[length];
        new Random(length).NextBytes(payload);
        using var reader = new ReaderBuffer(100_000);
        reader.Receive(ClientFrames.Frame(Opcode.Binary, payload));
        Assert.Equal([$"Binary {Convert.ToHexString(payload)}"], reader.Found);
    }

    [Fact]
    public void An_unfragmented_message_is_handed_out_in_place()
    {
        using var decoder = new FrameDecoder(Limit);
        var buffer = ClientFrames.Text("in place");
        var frame = decoder.Read(buffer);
        Assert.True(buffer.AsSpan(6).Overlaps(frame.Payload, out var offset));
        Assert.Equal(0, offset);
        Assert.Equal(buffer.Length, frame.Consumed);
    }

    [Fact]
    public void Fragments_are_one_message_and_control_frames_may_stand_between_them() =>
        Assert.Equal(["Ping 09", "Pong ", "text one two €", "text next"], Read(
            ClientFrames.Text("one ", final: false), ClientFrames.Frame(Opcode.Ping, [9]), ClientFrames.Rest("two ", final: false),
            ClientFrames.Frame(Opcode.Pong, []), ClientFrames.Frame(Opcode.Continuation, [0xE2], final: false),
            ClientFrames.Frame(Opcode.Continuation, [0x82, 0xAC]), ClientFrames.Text("next")));

    [Fact]
    public void Fragments_without_bytes_are_a_message_without_bytes() =>
        Assert.Equal(["text ", "text a"], Read(
            ClientFrames.Text("", final: false), ClientFrames.Rest("", final: false), ClientFrames.Rest(""), ClientFrames.Text("a")));

    [Fact]
    public void A_message_of_the_limit_passes_in_one_frame_and_in_many()
    {
        var text = new string('x', Limit);
        Assert.Equal([$"text {text}"], Read(ClientFrames.Text(text)));
        Assert.Equal([$"text {text}", "text y"], Read(
            ClientFrames.Text(text[..1], final: false), ClientFrames.Rest(text[1..^1], final: false), ClientFrames.Rest("x"), ClientFrames.Text("y")));
    }

    [Fact]
    public void A_longer_message_is_too_big_before_its_payload_arrives()
    {
        Assert.Equal(["violation TooBig"], Read(ClientFrames.Text(new string('x', Limit + 1))[..4]));
        Assert.Equal(["violation TooBig"], Read(ClientFrames.Frame(Opcode.Binary, new byte[65536])[..10]));
        Assert.Equal(["violation TooBig"], Read([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]));
        Assert.Equal(["violation TooBig"], Read(ClientFrames.Text(new string('x', Limit), final: false), ClientFrames.Rest("y")));
    }

    [Fact]
    public void Control_frames_pass_whatever_the_limit_and_the_open_message()
    {
        using var reader = new ReaderBuffer(3);
        reader.Receive(ClientFrames.Text("abc", final: false));
        reader.Receive(ClientFrames.Frame(Opcode.Ping, new byte[125]));
        reader.Receive(ClientFrames.Rest(""));
        Assert.Equal([$"Ping {new string('0', 250)}", "text abc"], reader.Found);
    }

    [Theory]
    [InlineData(new byte[] { 0x81, 0x00 }, "unmasked")]
    [InlineData(new byte[] { 0xC1, 0x80 }, "RSV1: no extension is agreed")]
    [InlineData(new byte[] { 0xA1, 0x80 }, "RSV2")]
    [InlineData(new byte[] { 0x91, 0x80 }, "RSV3")]
    [InlineData(new byte[] { 0x83, 0x80 }, "data opcode 3")]
    [InlineData(new byte[] { 0x87, 0x80 }, "data opcode 7")]
    [InlineData(new byte[] { 0x8B, 0x80 }, "control opcode 11")]
    [InlineData(new byte[] { 0x8F, 0x80 }, "control opcode 15")]
    [InlineData(new byte[] { 0x09, 0x80 }, "fragmented ping")]
    [InlineData(new byte[] { 0x0A, 0x80 }, "fragmented pong")]
    [InlineData(new byte[] { 0x08, 0x80 }, "fragmented close")]
    [InlineData(new byte[] { 0x89, 0xFE }, "ping of more than 125 bytes")]
    [InlineData(new byte[] { 0x88, 0xFF }, "close of more than 125 bytes")]
    [InlineData(new byte[] { 0x80, 0x80 }, "continuation of nothing")]
    [InlineData(new byte[] { 0x00, 0x80 }, "continuation of nothing, not final")]
    [InlineData(new byte[] { 0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0 }, "length with its highest bit set")]
    public void What_the_protocol_forbids_is_a_protocol_error(byte[] frame, string because) =>
        Assert.True(Read(frame) is ["violation ProtocolError"], because);

    [Theory]
    [InlineData(Opcode.Text)]
    [InlineData(Opcode.Binary)]
    public void A_new_message_inside_an_open_one_is_a_protocol_error(byte opcode) =>
        Assert.Equal(["violation ProtocolError"], Read(ClientFrames.Text("a", final: false), ClientFrames.Frame(opcode, [])));

    [Fact]
    public void A_continuation_after_the_last_fragment_is_a_protocol_error() =>
        Assert.Equal(["text ab", "violation ProtocolError"], Read(
            ClientFrames.Text("a", final: false), ClientFrames.Rest("b"), ClientFrames.Rest("c")));

    [Theory]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xFF })]
    public void A_text_that_is_no_utf8_is_refused(byte[] payload)
    {
        Assert.Equal(["violation NotUtf8"], Read(ClientFrames.Frame(Opcode.Text, payload)));
        Assert.Equal(["violation NotUtf8"], Read(
            ClientFrames.Frame(Opcode.Text, payload, final: false), ClientFrames.Rest("")));
        Assert.Equal([$"Binary {Convert.ToHexString(payload)}"], Read(ClientFrames.Frame(Opcode.Binary, payload)));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1011)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(4999)]
    public void A_close_bears_its_code_and_reason(int code) =>
        Assert.Equal([$"close {code} bye"], Read(ClientFrames.Close(code, "bye")));

    [Fact]
    public void A_close_may_bear_nothing() => Assert.Equal(["close 0 "], Read(ClientFrames.Frame(Opcode.Close, [])));

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(2999)]
    [InlineData(5000)]
    [InlineData(65535)]
    public void A_code_that_no_peer_may_send_is_a_protocol_error(int code) =>
        Assert.Equal(["violation ProtocolError"], Read(ClientFrames.Close(code)));

    [Fact]
    public void A_close_of_one_byte_is_a_protocol_error() =>
        Assert.Equal(["violation ProtocolError"], Read(ClientFrames.Frame(Opcode.Close, [3])));

    [Fact]
    public void A_reason_that_is_no_utf8_is_refused() =>
        Assert.Equal(["violation NotUtf8"], Read(ClientFrames.Frame(Opcode.Close, [0x03, 0xE8, 0xFF])));

    [Fact]
    public void Nothing_is_found_after_a_close_or_a_violation()
    {
        Assert.Equal(["close 1000 "], Read(ClientFrames.Close(1000), ClientFrames.Text("late")));
        Assert.Equal(["violation ProtocolError"], Read([0x81, 0x00], ClientFrames.Text("late")));
        using var reader = new ReaderBuffer(Limit);
        reader.Receive([.. ClientFrames.Close(1000), .. ClientFrames.Text("late")]);
        reader.Receive(ClientFrames.Text("later"));
        Assert.Equal(0, reader.Waiting);
    }

    [Fact]
    public void The_decoder_says_how_long_the_buffer_must_be()
    {
        using var reader = new ReaderBuffer(100_000);
        var frame = ClientFrames.Text(new string('x', 70_000));
        reader.Receive(frame.AsSpan(0, 1));
        Assert.Equal(2, reader.Needed);
        reader.Receive(frame.AsSpan(1, 1));
        Assert.Equal(FrameDecoder.MaxHeader, reader.Needed);
        reader.Receive(frame.AsSpan(2, 8));
        Assert.Equal(frame.Length, reader.Needed);
        Assert.Equal(10, reader.Waiting);
        reader.Receive(frame.AsSpan(10));
        Assert.Single(reader.Found);
        Assert.Equal(0, reader.Waiting);
    }

    [Fact]
    public void Fragments_leave_the_buffer_as_they_come()
    {
        using var reader = new ReaderBuffer(Limit);
        Assert.False(reader.Decoder.InMessage);
        reader.Receive(ClientFrames.Text("abc", final: false));
        Assert.True(reader.Decoder.InMessage);
        Assert.Equal(0, reader.Waiting);
        reader.Receive(ClientFrames.Rest("def"));
        Assert.False(reader.Decoder.InMessage);
        Assert.Equal(["text abcdef"], reader.Found);
    }

    [Fact]
    public void Disposing_twice_or_within_a_message_does_no_harm()
    {
        var decoder = new FrameDecoder(Limit);
        decoder.Read(ClientFrames.Text("abc", final: false));
        decoder.Dispose();
        decoder.Dispose();
        Assert.Equal(FrameKind.NeedMore, decoder.Read(ClientFrames.Text("x")).Kind);
    }

    private static List<string> Read(params byte[][] frames)
    {
        using var reader = new ReaderBuffer(Limit);
        foreach (var frame in frames)
            reader.Receive(frame);
        return reader.Found;
    }
}
