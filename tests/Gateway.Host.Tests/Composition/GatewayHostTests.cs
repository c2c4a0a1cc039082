// The process as a whole: where it listens, what is on the admin port, how it starts, stops, and refuses to start.

using System.Net;
using System.Net.Sockets;
using Gateway.Actors.Engine;
using Gateway.Host.Composition;
using Gateway.Host.Options;
using Gateway.Host.Tests.Doubles;
using Gateway.Host.Tests.Transport;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Host.Tests.Composition;

public sealed class GatewayHostTests
{
    [Theory]
    [InlineData(new string[0], "http://127.0.0.1:5000")]
    [InlineData(new[] { "--urls=http://localhost:81;https://[::1]:82" }, "http://localhost:81 https://[::1]:82")]
    [InlineData(new[] { "--http_ports=8080" }, "http://*:8080")]
    [InlineData(new[] { "--Gateway:Admin:Port=9" }, "http://127.0.0.1:5000 http://127.0.0.1:9")]
    [InlineData(new[] { "--urls=http://+:80", "--Gateway:Admin:Port=9" }, "http://+:80 http://+:9")]
    [InlineData(new[] { "--urls=https://[::1]", "--Gateway:Admin:Port=9" }, "https://[::1] http://[::1]:9")]
    public void The_urls_are_those_given_or_one_default(string[] args, string urls)
    {
        var builder = WebApplication.CreateBuilder(args);
        ListenUrls.Apply(builder, GatewayConfiguration.Load(builder.Configuration, isDevelopment: true));
        Assert.Equal(urls, builder.Configuration["urls"]?.Replace(';', ' '));
    }

    [Fact]
    public void The_admin_port_must_be_another()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://localhost:81", "--Gateway:Admin:Port=81"]);
        var refused = Assert.Throws<StartException>(
            () => ListenUrls.Apply(builder, GatewayConfiguration.Load(builder.Configuration, isDevelopment: true)));
        Assert.Contains("Gateway:Admin:Port", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://*:8080", "http://localhost:8080/")]
    [InlineData("http://0.0.0.0:1", "http://localhost:1/")]
    [InlineData("http://127.0.0.1:5000", "http://127.0.0.1:5000/")]
    public void The_url_to_open_is_one_that_a_browser_can_open(string listening, string url) =>
        Assert.Equal(url, ListenUrls.ToOpen(["http://127.0.0.1:9", listening], adminPort: 9));

    [Fact]
    public async Task The_admin_port_serves_metrics_and_openapi_without_a_key_and_nothing_else()
    {
        var port = FreePort();
        await using var server = await BackendServer.Start("Development", null, $"Gateway:Admin:Port={port}");
        using var admin = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        foreach (var path in (string[])["/metrics", "/openapi/v1.json", "/health/live"])
            Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync(path)).StatusCode);
        admin.DefaultRequestHeaders.Authorization = new("Bearer", BackendServer.Key);
        foreach (var path in (string[])["/v1/rooms", "/ws", "/"])
            Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync(path)).StatusCode);
        server.Client.DefaultRequestHeaders.Remove("Authorization");
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Send("GET", "/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Send("GET", "/health/live")).StatusCode);
    }

    [Fact]
    public async Task Health_says_the_state_and_nothing_else()
    {
        await using var server = await BackendServer.Start();
        server.Client.DefaultRequestHeaders.Remove("Authorization");
        Assert.Equal("live", await server.Client.GetStringAsync("/health/live"));
        Assert.Equal("ready", await server.Client.GetStringAsync("/health/ready"));
        server.Node.IsDraining = true;
        var answer = await server.Send("GET", "/health/ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_stop_drains_the_node_while_it_still_serves()
    {
        await using var server = await BackendServer.Start();
        Assert.True(server.Engine.Started);
        Assert.Equal(0, server.Node.Drains);
        await server.Stop();
        Assert.Equal(1, server.Node.Drains);
    }

    [Fact]
    public async Task A_node_says_its_load_from_the_start()
    {
        await using var server = await BackendServer.Start();
        await Patience.Until("a report", () => server.Engine.Load is not null);
        Assert.Equal((0, 7, false), (server.Engine.Load!.Value.Connections, server.Engine.Load.Value.Rooms, server.Engine.Load.Value.Draining));
        Assert.True(server.Engine.Load.Value.MemoryBytes > 0);
    }

    [Fact]
    public async Task An_engine_that_does_not_start_stops_the_start()
    {
        var app = BackendServer.Build(new EngineDouble { StartFault = new EngineStartException("in use") }, new NodeDouble());
        await using (app)
        {
            var fault = await Assert.ThrowsAsync<EngineStartException>(() => app.StartAsync());
            Assert.True(StartFault.IsExpected(fault));
        }
    }

    [Fact]
    public async Task A_wrong_configuration_is_said_on_stderr_and_by_the_exit_code()
    {
        var before = Console.Error;
        using var stderr = new StringWriter();
        Console.SetError(stderr);
        try
        {
            Assert.Equal(StartException.ExitCode, await GatewayHost.Run(["--Gateway:Colour=red", "--environment=Development"], (_, _) => { }));
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Contains("Gateway:Colour is not a setting", stderr.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", stderr.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_development_there_is_no_page()
    {
        await using var server = await BackendServer.Start("Production");
        Assert.Equal(HttpStatusCode.NotFound, (await server.Send("GET", "/")).StatusCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
