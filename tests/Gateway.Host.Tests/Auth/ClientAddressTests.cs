// Whose connections a request's are counted among, behind proxies and without.

using System.Net;
using Gateway.Host.Auth;
using Microsoft.AspNetCore.Http;

namespace Gateway.Host.Tests.Auth;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("9.9.9.9", "1.1.1.1", "9.9.9.9")]
    [InlineData("10.0.0.1", "1.1.1.1", "1.1.1.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1")]
    [InlineData("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.7", "1.1.1.1")]
    [InlineData("10.0.0.1", "1.1.1.1, rubbish", "10.0.0.1")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.2")]
    [InlineData("10.0.0.1", "1.1.1.1:4444", "1.1.1.1")]
    [InlineData("::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1")]
    [InlineData("192.168.1.1", "1.1.1.1", "1.1.1.1")]
    [InlineData("192.168.1.2", "1.1.1.1", "192.168.1.2")]
    [InlineData("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64")]
    public void Forwarded_for_is_believed_of_trusted_proxies_alone(string peer, string forwarded, string expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (forwarded.Length > 0)
            context.Request.Headers["X-Forwarded-For"] = forwarded;
        Assert.Equal(expected, new ClientAddress(["10.0.0.0/8", "192.168.1.1"]).CountedAs(context));
    }
}
