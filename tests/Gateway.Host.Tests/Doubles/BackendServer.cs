// The whole host on a loopback port, with an engine and a node that the test looks into.

using System.Net.Http.Headers;
using System.Text;
using Gateway.Actors;
using Gateway.Actors.Engine;
using Gateway.Host.Composition;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Core;

namespace Gateway.Host.Tests.Doubles;

internal sealed class BackendServer : IAsyncDisposable
{
    public const string Key = "a-backend-key";
    public const string SigningKey = "0123456789abcdef0123456789abcdef";

    private readonly WebApplication _app;

    private BackendServer(WebApplication app, EngineDouble engine, NodeDouble node)
    {
        _app = app;
        Engine = engine;
        Node = node;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromSeconds(20) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public EngineDouble Engine { get; }

    public NodeDouble Node { get; }

    public HttpClient Client { get; }

    public IReadOnlyList<string> Urls => [.. _app.Urls];

    public static async Task<BackendServer> Start(string environment = "Development", ILogEventSink? sink = null, params string[] settings)
    {
        var engine = new EngineDouble();
        var node = new NodeDouble();
        var app = Build(engine, node, environment, sink, settings);
        await app.StartAsync();
        return new BackendServer(app, engine, node);
    }

    public static WebApplication Build(
        EngineDouble engine, NodeDouble node, string environment = "Development", ILogEventSink? sink = null, params string[] settings)
    {
        string[] args =
        [
            "--urls=http://127.0.0.1:0", "--environment=" + environment, "--Gateway:Auth:SigningKey=" + SigningKey, "--Gateway:Api:Keys=" + Key,
            .. settings.Select(setting => "--" + setting),
        ];
        return GatewayHost.Build(args, (services, _) =>
        {
            services.AddSingleton<IEngine>(engine);
            services.AddSingleton<IGatewayNode>(node);
            services.AddSingleton(new NodeStart(cancellation => engine.Start(node, cancellation), () => 7));
        }, sink ?? new SilentSink());
    }

    public Task<HttpResponseMessage> Post(string path, string body, string type = "application/json") =>
        Client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body, Encoding.UTF8, type));

    public Task<HttpResponseMessage> Send(string method, string path) =>
        Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative)));

    public Task Stop() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private sealed class SilentSink : ILogEventSink
    {
        public void Emit(Serilog.Events.LogEvent logEvent)
        {
        }
    }
}
