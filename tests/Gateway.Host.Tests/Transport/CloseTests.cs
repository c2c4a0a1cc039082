// The end of a connection, in every way there is, over TCP and TLS: the close handshake both ways, half a frame, a reset, an abort.

using Gateway.Actors.Delivery;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;
using Gateway.TestKit;

namespace Gateway.Host.Tests.Transport;

public sealed class CloseTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_closes_gets_its_code_back_and_then_the_end(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.SendText("""{"type":"ping","id":"last"}""");
        await client.SendClose(1001);
        Assert.Equal(1001, await client.ReadUntilClose());
        Assert.Null(await client.ReadFrame());
        await connection.WhenClosed();
        Assert.Equal("last", Assert.Single(await connection.NextBurst()).Id);
        Assert.Equal((1, 0), (connection.ClosedCount, connection.CallsAfterClosed));
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(connection.Sink, "late"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K6_a_server_that_closes_waits_for_the_answer(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        Frames.SendText(connection.Sink, "before");
        connection.Sink.Close(CloseCode.Disconnected, "by the backend");
        connection.Sink.Close(CloseCode.Normal, "");
        Frames.SendText(connection.Sink, "after", SinkLane.Urgent);
        Assert.Equal("before", await client.ReadText());
        Assert.Equal(4500, await client.ReadUntilClose());
        await client.SendText("""{"type":"ping","id":"too late"}""");
        Assert.Equal(0, connection.ClosedCount);
        await client.SendClose(4500);
        Assert.Null(await client.ReadFrame());
        await connection.WhenClosed();
        Assert.False(connection.HasReceived);
        Assert.Equal(0, server.Deadlines.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_never_answers_the_close_is_cut_off(bool tls)
    {
        var time = new VirtualTime();
        await using var server = await TransportServer.Start(tls, time: time);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        connection.Sink.Close(CloseCode.HeartbeatTimeout, "");
        Assert.Equal(4002, await client.ReadUntilClose());
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, connection.ClosedCount);
        time.Advance(TimeSpan.FromSeconds(1.5));
        await connection.WhenClosed();
        await client.ReadToEnd();
        Assert.Equal(0, server.Deadlines.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_reads_nothing_more_is_cut_off_with_what_waited(bool tls)
    {
        var time = new VirtualTime();
        await using var server = await TransportServer.Start(tls, time: time);
        var (client, connection) = await server.Connect(receiveBuffer: 4096);
        await using var _ = client;
        await FillUp(connection);
        connection.Sink.Close(CloseCode.TooSlow, "");
        time.Advance(TimeSpan.FromSeconds(5.5));
        await connection.WhenClosed();
        await Patience.Until("what waited is let go", () => connection.Sink.Pending == (0, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_takes_no_more_and_never_closes_is_cut_off(bool tls)
    {
        var time = new VirtualTime();
        await using var server = await TransportServer.Start(tls, time: time);
        server.Node.OnOpen = opened => opened.OnReceive = _ => ValueTask.FromResult(false);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.SendText("{}");
        await Patience.Until("its end is foreseen", () => server.Deadlines.Count == 1);
        time.Advance(TimeSpan.FromSeconds(5.5));
        await connection.WhenClosed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_goes_in_the_middle_of_a_frame_is_a_closed_connection(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await client.Write(RawClient.Frame(Opcode.Text, new byte[500]).AsMemory(0, 200));
        await Patience.Until("the half frame is heard", () => connection.HeardCount > 0);
        await client.DisposeAsync();
        await connection.WhenClosed();
        Assert.Equal((1, 0), (connection.ClosedCount, connection.CallsAfterClosed));
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(connection.Sink, "late"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_while_much_is_waiting_releases_everything(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect(receiveBuffer: 4096);
        var batch = Frames.Text("kept to the end");
        await FillUp(connection);
        connection.Sink.Offer(batch, 0, batch.Length, 1);
        batch.Release();
        client.Reset();
        await connection.WhenClosed();
        await Patience.Until("the batch is released", () => batch.Length == 0);
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(connection.Sink, "late"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_abort_ends_the_connection_without_a_close_frame(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await using var _ = client;
        connection.Sink.Abort();
        await connection.WhenClosed();
        connection.Sink.Abort();
        connection.Sink.Close(CloseCode.Normal, "");
        Frames.SendText(connection.Sink, "late");
        Assert.Equal(1, connection.ClosedCount);
        try
        {
            Assert.Null(await client.ReadFrame());
        }
        catch (IOException)
        {
            // Without a FIN: an end as well.
        }
    }

    [Fact]
    public async Task A_fault_in_the_connection_closes_it_with_1011()
    {
        await using var server = await TransportServer.Start();
        server.Node.OnOpen = opened => opened.OnReceive = _ => throw new InvalidOperationException("A fault of ours.");
        var (client, connection) = await server.Connect();
        await using var _ = client;
        await client.SendText("{}");
        Assert.Equal(1011, await client.ReadUntilClose());
        await connection.WhenClosed();
        Assert.Equal(1, connection.ClosedCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_stops_ends_every_connection(bool tls)
    {
        var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await server.DisposeAsync();
        await connection.WhenClosed();
        await client.DisposeAsync();
    }

    private static async Task FillUp(FakeConnection connection)
    {
        var text = new string('x', 10_000);
        while (Frames.OfferText(connection.Sink, text) != SinkOutcome.Full)
        {
        }

        await Patience.Until("the kernel takes no more", () => Frames.OfferText(connection.Sink, text) == SinkOutcome.Full);
    }
}
