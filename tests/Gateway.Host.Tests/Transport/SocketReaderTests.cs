// What a client's bytes become, on real sockets: messages, pongs, close codes; and what they may cost.

using System.Text;
using Gateway.Actors;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

public sealed class SocketReaderTests
{
    [Fact]
    public async Task Frames_that_arrived_together_are_handed_on_together_in_order()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        var frames = Enumerable.Range(0, 50).SelectMany(i => RawClient.Frame(Opcode.Text, Encoding.UTF8.GetBytes($$"""{"type":"ping","id":"{{i}}"}"""))).ToArray();
        await client.Write(frames);
        var received = new List<string?>();
        var bursts = 0;
        for (; received.Count < 50; bursts++)
            received.AddRange((await connection.NextBurst()).Select(message => message.Id));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), received);
        Assert.True(bursts < 10, $"{bursts} bursts");
    }

    [Fact]
    public async Task One_burst_is_bounded_and_what_is_over_comes_next()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        var frames = Enumerable.Range(0, 2500).SelectMany(i => RawClient.Frame(Opcode.Text, Encoding.UTF8.GetBytes($$"""{"type":"ping","id":"{{i}}"}"""))).ToArray();
        await client.Write(frames);
        var received = new List<string?>();
        while (received.Count < 2500)
        {
            var burst = await connection.NextBurst();
            Assert.True(burst.Length <= 1000);
            received.AddRange(burst.Select(message => message.Id));
        }

        Assert.Equal(Enumerable.Range(0, 2500).Select(i => $"{i}"), received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frames_that_come_a_byte_at_a_time_are_understood_and_each_byte_is_heard(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        var frame = RawClient.Frame(Opcode.Text, """{"type":"ping","id":"slow"}"""u8);
        for (var i = 0; i < frame.Length; i++)
        {
            Assert.False(connection.HasReceived);
            await client.Write(frame.AsMemory(i, 1));
            await Patience.Until("the byte is heard", () => connection.HeardCount > i, () => connection.HeardCount);
        }

        Assert.Equal("slow", Assert.Single(await connection.NextBurst()).Id);
    }

    [Fact]
    public async Task Fragments_with_a_ping_between_them_are_one_message()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.Write(RawClient.Frame(Opcode.Text, "{\"type\":\"pi"u8, final: false));
        await client.Send(Opcode.Ping, "still there?");
        Assert.Equal("pong:still there?", await ReadAny(client));
        await client.Write(RawClient.Frame(Opcode.Continuation, "ng\",\"id\""u8, final: false));
        await client.Write(RawClient.Frame(Opcode.Continuation, ":\"whole\"}"u8));
        Assert.Equal("whole", Assert.Single(await connection.NextBurst()).Id);
    }

    [Fact]
    public async Task A_message_of_the_longest_size_is_taken()
    {
        await using var server = await TransportServer.Start(options: new NodeOptions { FrameBytes = 65_536 });
        var (client, connection) = await server.Connect();
        await using var _ = client;
        var text = $$"""{"id":"big","content":"{{new string('x', 65_536 - 25)}}"}""";
        Assert.Equal(65_536, text.Length);
        await client.SendText(text);
        Assert.Equal("big", Assert.Single(await connection.NextBurst()).Id);
    }

    [Fact]
    public async Task A_binary_frame_is_the_error_unsupported()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.Send(Opcode.Binary, "abc");
        var invalid = Assert.IsType<InvalidMessage>(Assert.Single(await connection.NextBurst()));
        Assert.Equal(ErrorCode.Unsupported, invalid.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_read_while_the_connection_has_not_taken_what_came(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var taken = new TaskCompletionSource<bool>();
        server.Node.OnOpen = opened => opened.OnReceive = _ => new ValueTask<bool>(taken.Task);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.SendText("""{"type":"ping","id":"1"}""");
        Assert.Equal("1", Assert.Single(await connection.NextBurst()).Id);
        var heard = connection.HeardCount;

        await client.SendText("""{"type":"ping","id":"2"}""");
        await client.Send(Opcode.Ping, "");
        // A second client's round trip shows that the server had time to read, had it wanted to.
        server.Node.OnOpen = null;
        var (other, otherConnection) = await server.Connect();
        await other.SendText("""{"type":"ping","id":"x"}""");
        await otherConnection.NextBurst();
        await other.DisposeAsync();
        Assert.Equal(heard, connection.HeardCount);
        Assert.False(connection.HasReceived);

        connection.OnReceive = null;
        taken.SetResult(true);
        Assert.Equal("2", Assert.Single(await connection.NextBurst()).Id);
    }

    [Theory]
    [InlineData(false, 1002)]
    [InlineData(true, 1002)]
    [InlineData(false, 1007)]
    [InlineData(true, 1007)]
    [InlineData(false, 1009)]
    [InlineData(true, 1009)]
    public async Task Who_breaks_the_protocol_is_told_the_code_and_the_connection_ends(bool tls, int code)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        byte[] bytes = code switch
        {
            1002 => [0xC1, 0x80, 0, 0, 0, 0],
            1007 => RawClient.Frame(Opcode.Text, [0x22, 0xFF, 0x22]),
            _ => RawClient.Frame(Opcode.Text, new byte[70_000]),
        };
        await client.Write((byte[])[.. RawClient.Frame(Opcode.Text, """{"type":"ping","id":"before"}"""u8), .. bytes]);
        Assert.Equal("before", Assert.Single(await connection.NextBurst()).Id);
        Assert.Equal(code, await client.ReadUntilClose());
        await client.DisposeAsync();
        await connection.WhenClosed();
        Assert.Equal(1, connection.ClosedCount);
    }

    [Fact]
    public async Task After_a_violation_the_stream_ends_at_once_even_if_the_client_goes_on_sending()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.Write((byte[])[0xC1, 0x80, 0, 0, 0, 0]);
        Assert.Equal(1002, await client.ReadUntilClose());
        Assert.Null(await client.ReadFrame());
        await client.SendText("still talking");
        await client.DisposeAsync();
        await connection.WhenClosed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flood_of_pings_from_a_peer_that_does_not_read_is_bounded(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect(receiveBuffer: 4096);
        await using var _ = client;
        var pings = Enumerable.Range(0, 500).SelectMany(_ => RawClient.Frame(Opcode.Ping, new byte[125])).ToArray();
        for (var i = 0; i < 100; i++)
        {
            await client.Write(pings);
            Assert.True(connection.Sink.Pending.Bytes <= 2 * 1_048_576);
        }

        await client.SendText("""{"type":"ping","id":"after"}""");
        Assert.Equal("after", Assert.Single(await connection.NextBurst()).Id);
        Assert.True(connection.Sink.Pending.Events <= 4, $"{connection.Sink.Pending}");
        Assert.Equal(0, connection.ClosedCount);
    }

    [Fact]
    public async Task A_pong_is_life_and_nothing_more()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.Send(Opcode.Pong, "unasked");
        await Patience.Until("the pong is heard", () => connection.HeardCount > 0);
        await client.Send(Opcode.Ping, "a");
        Assert.Equal("pong:a", await ReadAny(client));
        Assert.False(connection.HasReceived);
    }

    private static async Task<string> ReadAny(RawClient client)
    {
        var frame = await client.ReadFrame();
        Assert.NotNull(frame);
        return ServerFrames.Describe(frame.Value.Opcode, frame.Value.Payload);
    }
}
