// Whose connections a request's are counted among: the peer's address, or, behind a trusted proxy, the nearest address in X-Forwarded-For
// that is not itself a trusted proxy. What an untrusted peer writes into that header is never believed.

using System.Net;
using System.Net.Sockets;

namespace Gateway.Host.Auth;

internal sealed class ClientAddress
{
    private const string Forwarded = "X-Forwarded-For";
    private readonly List<IPNetwork> _trusted = [];

    /// <param name="trustedProxies">Addresses or networks; checked at start.</param>
    public ClientAddress(IEnumerable<string> trustedProxies)
    {
        foreach (var text in trustedProxies)
        {
            if (IPNetwork.TryParse(text, out var network))
                _trusted.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                _trusted.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
        }
    }

    /// <summary>An IPv6 peer counts by its /64, since whoever has one address there has them all.</summary>
    public string CountedAs(HttpContext context)
    {
        var address = Find(context);
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }

    public IPAddress Find(HttpContext context)
    {
        var address = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        if (!IsTrusted(address))
            return address;
        var hops = context.Request.Headers.GetCommaSeparatedValues(Forwarded);
        for (var i = hops.Length - 1; i >= 0 && IsTrusted(address); i--)
        {
            if (!IPEndPoint.TryParse(hops[i], out var hop))
                break;
            address = Plain(hop.Address);
        }

        return address;
    }

    private bool IsTrusted(IPAddress address) => _trusted.Exists(network => network.Contains(address));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
