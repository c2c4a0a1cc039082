// The whole way on real sockets, over TCP and over TLS: handshake, frames in, frames out, both directions of the close.

using System.Text;
using Gateway.Host.Transport;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

public sealed class WebSocketEndpointTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_client_says_reaches_the_connection_and_an_answer_comes_back(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect();
        await using var _ = client;

        await client.SendText("""{"type":"leave","room":"lobby","id":"1"}""");
        var burst = await connection.NextBurst();
        Assert.Equal("1", Assert.IsType<LeaveCommand>(Assert.Single(burst)).Id);
        Assert.True(connection.HeardCount > 0);

        Frames.SendText(connection.Sink, "hello");
        Assert.Equal("hello", await client.ReadText());
    }

    /// <summary>K2 from the first byte on: what the node says while it opens the connection comes behind the 101, never before.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_101_always_comes_first(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        server.Node.OnOpen = connection => Frames.SendText(connection.Sink, "first");
        for (var i = 0; i < (tls ? 50 : 200); i++)
        {
            var client = await RawClient.Connect(server.Port, tls);
            await client.Upgrade();
            Assert.Equal("first", await client.ReadText());
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_plain_path_goes_straight_to_the_socket_and_TLS_never_does()
    {
        await using var plain = await TransportServer.Start();
        await using var tls = await TransportServer.Start(tls: true);
        var (plainClient, plainConnection) = await plain.Connect();
        var (tlsClient, tlsConnection) = await tls.Connect();
        Assert.True(Assert.IsType<SocketSink>(plainConnection.Sink).IsDirect);
        Assert.False(Assert.IsType<SocketSink>(tlsConnection.Sink).IsDirect);
        await plainClient.DisposeAsync();
        await tlsClient.DisposeAsync();
    }
}
