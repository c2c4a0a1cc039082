// The opening handshake (RFC 6455 §4.2), and how what the gate decides is answered.

using Gateway.Actors.Connections;
using Gateway.Host.Transport;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

public sealed class HandshakeTests
{
    [Fact]
    public async Task The_accept_key_is_the_one_of_the_RFC_and_extensions_are_declined()
    {
        await using var server = await TransportServer.Start();
        await using var client = await RawClient.Connect(server.Port, tls: false);
        var head = await client.Upgrade(extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        Assert.Contains($"Sec-WebSocket-Accept: {RawClient.SampleAccept}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Upgrade: websocket\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Connection: Upgrade\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Extensions", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Protocol", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway.v1.json", true)]
    [InlineData("bearer.abc, gateway.v1.json", true)]
    [InlineData("gateway.v1.json,other", true)]
    [InlineData("bearer.abc", false)]
    [InlineData("GATEWAY.v1.json", false)]
    [InlineData("other", false)]
    public async Task Only_our_subprotocol_is_echoed(string offered, bool isEchoed)
    {
        await using var server = await TransportServer.Start();
        await using var client = await RawClient.Connect(server.Port, tls: false);
        var head = await client.Upgrade(extra: $"Sec-WebSocket-Protocol: {offered}\r\n");
        Assert.Equal(isEchoed, head.Contains("Sec-WebSocket-Protocol: gateway.v1.json\r\n", StringComparison.Ordinal));
        Assert.DoesNotContain("bearer", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_header_lines_of_subprotocols_are_one_list()
    {
        await using var server = await TransportServer.Start();
        await using var client = await RawClient.Connect(server.Port, tls: false);
        var head = await client.Upgrade(extra: "Sec-WebSocket-Protocol: bearer.abc\r\nSec-WebSocket-Protocol: gateway.v1.json\r\n");
        Assert.Contains("Sec-WebSocket-Protocol: gateway.v1.json\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Version: 8\r\n", 426, "Sec-WebSocket-Version: 13")]
    [InlineData("Sec-WebSocket-Version: 13\r\n", "", 426, "Sec-WebSocket-Version: 13")]
    [InlineData("Upgrade: websocket\r\n", "Upgrade: h2c\r\n", 426, "Upgrade: websocket")]
    [InlineData("Upgrade: websocket\r\n", "", 426, "Upgrade: websocket")]
    [InlineData("Connection: Upgrade\r\n", "", 426, "Upgrade: websocket")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ", 400, "bad_handshake")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "YWJj", 400, "bad_handshake")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400, "bad_handshake")]
    [InlineData("GET /ws ", "POST /ws ", 405, "")]
    public async Task What_is_no_handshake_is_refused_and_the_gate_never_asked(string right, string wrong, int status, string expected)
    {
        await using var server = await TransportServer.Start();
        server.Gate.Rule = _ => throw new InvalidOperationException("Asked.");
        await using var client = await RawClient.Connect(server.Port, tls: false);
        var text = RawClient.HandshakeText(extra: "Content-Length: 0\r\n");
        Assert.Contains(right, text, StringComparison.Ordinal);
        await client.Write(text.Replace(right, wrong, StringComparison.Ordinal));
        var (head, body) = await client.ReadResponse();
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Contains(expected, head + body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_says_what_the_gate_decided_and_the_connection_may_ask_again(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        server.Gate.Rule = _ => new HandshakeDecision.Refused(503, "draining", "The node is being restarted.", RetryAfterSeconds: 7);
        await using var client = await RawClient.Connect(server.Port, tls);
        await client.Write(RawClient.HandshakeText());
        var (head, body) = await client.ReadResponse();
        Assert.StartsWith("HTTP/1.1 503 ", head, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 7\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json\r\n", head, StringComparison.Ordinal);
        Assert.Equal("""{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The node is being restarted.","code":"draining"}""", body);

        server.Gate.Rule = _ => new HandshakeDecision.Admitted();
        await client.Upgrade();
        Frames.SendText((await server.Node.NextOpened()).Sink, "hello");
        Assert.Equal("hello", await client.ReadText());
    }

    [Fact]
    public async Task What_the_gate_admits_reaches_the_node()
    {
        await using var server = await TransportServer.Start();
        var identity = new Identity { UserId = "u1", Name = "Ann" };
        object? room = null;
        server.Gate.Rule = context =>
        {
            room = context.Request.RouteValues[GatewaySockets.RoomRouteValue];
            return new HandshakeDecision.Admitted { Identity = identity, Rooms = [RoomName.Parse("lobby")], Session = "s", History = 3 };
        };
        await using var client = await RawClient.Connect(server.Port, tls: false);
        await client.Upgrade("/chat/lobby?session=s");
        var request = (await server.Node.NextOpened()).Request;
        Assert.Equal("lobby", room);
        Assert.Same(identity, request.Identity);
        Assert.Equal([RoomName.Parse("lobby")], request.Rooms);
        Assert.Equal(("s", 3), (request.Session, request.History));
        Assert.Equal("gateway.v1.json", request.Dialect.Subprotocol);
    }

    [Theory]
    [InlineData("/ws")]
    [InlineData("/chat")]
    [InlineData("/socket")]
    [InlineData("/websocket/telemetry:p1")]
    public async Task Every_path_of_the_contract_is_the_same_endpoint(string path)
    {
        await using var server = await TransportServer.Start();
        await using var client = await RawClient.Connect(server.Port, tls: false);
        await client.Upgrade(path);
        await server.Node.NextOpened();
    }

    [Fact]
    public async Task A_lease_is_given_back_when_the_connection_has_ended()
    {
        await using var server = await TransportServer.Start();
        var lease = new Lease();
        server.Gate.Rule = _ => new HandshakeDecision.Admitted { Lease = lease };
        var (client, connection) = await server.Connect();
        Assert.Equal(0, lease.Disposed);
        await client.DisposeAsync();
        await connection.WhenClosed();
        await Patience.Until("the lease is given back", () => lease.Disposed == 1);
    }

    [Fact]
    public async Task A_node_that_takes_no_more_says_so_with_1012()
    {
        await using var server = await TransportServer.Start();
        server.Node.IsStopping = true;
        await using var client = await RawClient.Connect(server.Port, tls: false);
        await client.Upgrade();
        Assert.Equal(1012, await client.ReadUntilClose());
        await client.SendClose(1012);
        Assert.Null(await client.ReadFrame());
    }

    [Fact]
    public async Task Frames_that_come_with_the_handshake_itself_are_not_lost()
    {
        await using var server = await TransportServer.Start();
        await using var client = await RawClient.Connect(server.Port, tls: false);
        byte[] both = [.. System.Text.Encoding.ASCII.GetBytes(RawClient.HandshakeText()), .. RawClient.Frame(Opcode.Text, """{"type":"ping","id":"p"}"""u8)];
        await client.Write(both);
        var connection = await server.Node.NextOpened();
        Assert.Equal("p", Assert.Single(await connection.NextBurst()).Id);
    }

    [Fact]
    public async Task A_handshake_that_trickles_in_is_served_and_one_that_stops_is_cut_off()
    {
        await using var server = await TransportServer.Start(kestrel: options => options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(1));
        await using var patient = await RawClient.Connect(server.Port, tls: false);
        foreach (var letter in RawClient.HandshakeText())
            await patient.Write(letter.ToString());
        Assert.StartsWith("HTTP/1.1 101 ", await patient.ReadHead(), StringComparison.Ordinal);

        await using var stalled = await RawClient.Connect(server.Port, tls: false);
        await stalled.Write("GET /ws HTTP/1.1\r\nHost: lo");
        var answer = await stalled.ReadHead();
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        await stalled.ReadToEnd();
    }

    private sealed class Lease : IDisposable
    {
        private int _disposed;

        public int Disposed => Volatile.Read(ref _disposed);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }
}
