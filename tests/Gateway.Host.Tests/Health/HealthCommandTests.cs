// What a container's health check is told: by exit code, and by one line where something is wrong.

using System.Net;
using System.Net.Sockets;
using Gateway.Host.Health;
using Gateway.Host.Tests.Doubles;
using Microsoft.Extensions.Configuration;

namespace Gateway.Host.Tests.Health;

public sealed class HealthCommandTests
{
    [Fact]
    public async Task A_gateway_that_is_ready_is_healthy_and_one_that_drains_is_not()
    {
        await using var server = await BackendServer.Start();
        var url = new Uri(server.Client.BaseAddress!, "/health/ready").ToString();
        var error = new StringWriter();
        Assert.Equal(HealthCommand.Healthy, await HealthCommand.Ask(url, error));
        Assert.Empty(error.ToString());
        server.Node.IsDraining = true;
        Assert.Equal(HealthCommand.Unhealthy, await HealthCommand.Ask(url, error));
        Assert.Contains("503", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/health/ready")]
    [InlineData("not a URL")]
    [InlineData("file:///etc/hosts")]
    [InlineData("--urls=http://127.0.0.1:{0}")]
    public async Task Who_does_not_answer_is_unhealthy(string argument)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        silent.Stop();
        var args = new[] { HealthCommand.Switch, string.Format(null, argument, port) };
        Assert.True(HealthCommand.IsAskedFor(args));
        Assert.Equal(HealthCommand.Unhealthy, await HealthCommand.Run(args));
    }

    [Theory]
    [InlineData("", "http://127.0.0.1:5000/health/ready")]
    [InlineData("http_ports=8080", "http://localhost:8080/health/ready")]
    [InlineData("urls=http://+:8080", "http://localhost:8080/health/ready")]
    [InlineData("urls=https://*:8443;http://0.0.0.0:8080", "http://localhost:8080/health/ready")]
    [InlineData("urls=https://*:8443", "https://localhost:8443/health/ready")]
    [InlineData("Kestrel:Endpoints:Main:Url=http://127.0.0.1:81 urls=http://127.0.0.1:82", "http://127.0.0.1:81/health/ready")]
    public void It_asks_where_the_gateway_listens(string settings, string url)
    {
        var pairs = settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2))
            .Select(parts => new KeyValuePair<string, string?>(parts[0], parts[1]));
        Assert.Equal(url, HealthCommand.Target(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build()));
    }

    [Theory]
    [InlineData("--urls=http://127.0.0.1:5000")]
    [InlineData("health")]
    public void Without_the_switch_a_gateway_is_started(string argument)
    {
        Assert.False(HealthCommand.IsAskedFor([argument]));
        Assert.False(HealthCommand.IsAskedFor([]));
    }
}
