// What Kestrel must know to carry WebSockets: the protocol, the output of ours beneath each connection, and how long a peer may take to say who it is.

using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Host.Transport;

internal static class GatewayKestrel
{
    /// <summary>Must run before any endpoint is added in code: Kestrel applies endpoint defaults when an endpoint is made.</summary>
    public static void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // A handshake is one small request; who needs longer for it than this is not a client.
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        // Also how long a connection may say nothing at all. Backends come more often than that, or connect anew.
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        // Tokens travel in the URL or in a header; Kestrel's own 8 KB for the line is tight for one with many grants.
        options.Limits.MaxRequestLineSize = 16 * 1024;
        options.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        options.Limits.MaxRequestHeaderCount = 64;
        options.ConfigureEndpointDefaults(endpoint =>
        {
            // WebSockets are served over HTTP/1.1 alone; offered HTTP/2, a browser would try them there.
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.UseSocketOutput();
        });
    }
}
