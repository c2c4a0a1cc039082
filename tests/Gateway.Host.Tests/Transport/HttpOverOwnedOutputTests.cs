// Ordinary HTTP through the output of ours: small and large responses, slow readers, clients that leave, connections that are kept.

using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gateway.Host.Tests.Transport;

public sealed class HttpOverOwnedOutputTests
{
    private static readonly byte[] Large = RandomNumberGenerator.GetBytes(6_000_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Small_and_large_responses_arrive_whole_on_one_connection(bool tls)
    {
        await using var server = await TransportServer.Start(tls, routes: Map);
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        using var http = new HttpClient(handler) { BaseAddress = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{server.Port}") };
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal("hello", await http.GetStringAsync("/small"));
            Assert.Equal(Large, await http.GetByteArrayAsync("/large"));
            Assert.Equal(Large, await http.GetByteArrayAsync("/chunked"));
            using var posted = await http.PostAsync("/echo", new ByteArrayContent(Large));
            Assert.Equal(Large, await posted.Content.ReadAsByteArrayAsync());
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/nothing")).StatusCode);
        }
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_before_the_end_of_the_connection()
    {
        await using var server = await TransportServer.Start(routes: Map);
        await using var client = await RawClient.Connect(server.Port, tls: false, receiveBuffer: 64 * 1024);
        await client.Write("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadHead(), StringComparison.Ordinal);
        var body = new List<byte>();
        while (body.Count < Large.Length)
        {
            body.AddRange(await client.ReadBytes(Math.Min(1_000_000, Large.Length - body.Count)));
            await Task.Delay(10);
        }

        Assert.Equal(Large, body);
        await client.ReadToEnd();
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using var server = await TransportServer.Start(routes: Map);
        await using var client = await RawClient.Connect(server.Port, tls: false);
        await client.Write(string.Concat(Enumerable.Range(0, 100).Select(i => $"GET /number/{i} HTTP/1.1\r\nHost: localhost\r\n\r\n")));
        for (var i = 0; i < 100; i++)
            Assert.Equal($"{i}", (await client.ReadResponse()).Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_leaves_within_a_response_ends_its_request_and_nobody_elses(bool tls)
    {
        var aborted = new TaskCompletionSource();
        await using var server = await TransportServer.Start(tls, routes: routes =>
        {
            Map(routes);
            routes.MapGet("/endless", async (HttpContext context) =>
            {
                context.RequestAborted.Register(() => aborted.TrySetResult());
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(Large.AsMemory(0, 100_000), context.RequestAborted);
            });
        });
        var client = await RawClient.Connect(server.Port, tls, receiveBuffer: 4096);
        await client.Write("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await client.ReadHead();
        client.Reset();
        await aborted.Task.WaitAsync(Patience.Limit);

        await using var other = await RawClient.Connect(server.Port, tls);
        await other.Write("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await other.ReadHead(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_the_server_gives_up_on_ends_the_connection()
    {
        var cancelled = new TaskCompletionSource();
        await using var server = await TransportServer.Start(routes: routes => routes.MapGet("/impatient", async (HttpContext context) =>
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            try
            {
                while (true)
                    await context.Response.Body.WriteAsync(Large, soon.Token);
            }
            catch (OperationCanceledException)
            {
                cancelled.SetResult();
                throw;
            }
        }));
        await using var client = await RawClient.Connect(server.Port, tls: false, receiveBuffer: 4096);
        await client.Write("GET /impatient HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await cancelled.Task.WaitAsync(Patience.Limit);
        await client.ReadToEnd();
    }

    private static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/small", () => "hello");
        routes.MapGet("/number/{n:int}", (int n) => Results.Bytes(Encoding.UTF8.GetBytes($"{n}")));
        routes.MapGet("/large", () => Results.Bytes(Large));
        routes.MapGet("/chunked", async (HttpContext context) =>
        {
            for (var at = 0; at < Large.Length; at += 90_000)
                await context.Response.Body.WriteAsync(Large.AsMemory(at, Math.Min(90_000, Large.Length - at)));
        });
        routes.MapPost("/echo", async (HttpContext context) => await context.Request.Body.CopyToAsync(context.Response.Body));
    }
}
