// A Kestrel on loopback with the transport and nothing else behind it: a fake node that tests look into, over TCP or TLS.

using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Actors;
using Gateway.Host.Transport;
using Gateway.Protocol;
using Gateway.Protocol.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Host.Tests.Transport;

internal sealed class TransportServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TransportServer(WebApplication app, FakeNode node, FakeGate gate, bool tls)
    {
        _app = app;
        Node = node;
        Gate = gate;
        IsTls = tls;
        Port = new Uri(app.Urls.First()).Port;
    }

    public FakeNode Node { get; }

    public FakeGate Gate { get; }

    public bool IsTls { get; }

    public int Port { get; }

    public CloseDeadlines Deadlines => _app.Services.GetRequiredService<CloseDeadlines>();

    public static async Task<TransportServer> Start(
        bool tls = false, NodeOptions? options = null, Action<IEndpointRouteBuilder>? routes = null, Action<KestrelServerOptions>? kestrel = null,
        TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var node = new FakeNode();
        var gate = new FakeGate();
        builder.Services.AddSingleton<IGatewayNode>(node);
        builder.Services.AddSingleton<IHandshakeGate>(gate);
        builder.Services.AddSingleton<IDialect>(new JsonDialect());
        builder.Services.AddSingleton(options ?? new NodeOptions());
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddRoutingCore();
        builder.Services.AddGatewaySockets();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server =>
        {
            kestrel?.Invoke(server);
            server.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                if (tls)
                    endpoint.UseHttps(Certificate());
            });
        });
        var app = builder.Build();
        app.MapGatewaySockets();
        routes?.Invoke(app);
        await app.StartAsync();
        return new TransportServer(app, node, gate, tls);
    }

    /// <summary>Opens a WebSocket and its connection at the node.</summary>
    public async Task<(RawClient Client, FakeConnection Connection)> Connect(int receiveBuffer = 0)
    {
        var client = await RawClient.Connect(Port, IsTls, receiveBuffer);
        await client.Upgrade();
        return (client, await Node.NextOpened());
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
