// When an origin is the gateway's own host.

using Gateway.Host.Auth;
using Microsoft.AspNetCore.Http;

namespace Gateway.Host.Tests.Auth;

public sealed class OriginNameTests
{
    [Theory]
    [InlineData("https://a.example", "a.example", true)]
    [InlineData("http://a.example:80", "a.example", true)]
    [InlineData("https://a.example:444", "a.example", false)]
    [InlineData("http://[::1]:5000", "[::1]:5000", true)]
    [InlineData("http://127.0.0.1:1", "127.0.0.1:5000", false)]
    public void The_own_host_is_compared_with_its_port(string origin, string host, bool same) =>
        Assert.Equal(same, OriginName.IsHost(origin, new HostString(host)));
}
