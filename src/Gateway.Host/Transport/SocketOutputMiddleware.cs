// Connection middleware: gives each connection with a socket an output of ours from its first byte on. Kestrel runs it for every
// connection of an endpoint, outside TLS; where TLS is in use its records pass through as bytes like any others.

using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Host.Transport;

internal static class SocketOutputMiddleware
{
    public static void UseSocketOutput(this ListenOptions listen) =>
        listen.Use(next => connection => Run(connection, next));

    private static async Task Run(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Create(connection) is not { } output)
        {
            await next(connection);
            return;
        }

        var kestrels = connection.Transport;
        connection.Features.Set(output);
        connection.Transport = new OwnedTransport(kestrels.Input, output);
        try
        {
            await next(connection);
        }
        finally
        {
            // Kestrel ends the connection through its own transport, whose output it never got to use.
            connection.Transport = kestrels;
        }
    }

    private static SocketOutput? Create(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { SocketType: SocketType.Stream } socket)
            return null;
        try
        {
            return new SocketOutput(socket, connection);
        }
        catch (Exception gone) when (gone is ObjectDisposedException or SocketException)
        {
            return null;
        }
    }

    private sealed class OwnedTransport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
