// Builds the process out of its parts and runs it until it is told to stop. What keeps it from starting is said in one message on
// stderr, without a stack trace, and by an exit code.

using Gateway.Actors.Engine;
using Gateway.Host.Api;
using Gateway.Host.Health;
using Gateway.Host.Logging;
using Gateway.Host.Metrics;
using Gateway.Host.Options;
using Gateway.Host.Transport;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Serilog;
using Serilog.Core;

namespace Gateway.Host.Composition;

internal static partial class GatewayHost
{
    /// <summary>After the drain's own 2 s: closing handshakes, requests under way, the engine's last transaction.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(10);

    public static async Task<int> Run(string[] args, Action<IServiceCollection, GatewayOptions> addNode)
    {
        try
        {
            await using var app = Build(args, addNode);
            await app.RunAsync();
            return 0;
        }
        catch (Exception fault) when (StartFault.IsExpected(fault))
        {
            await Console.Error.WriteLineAsync("The gateway did not start: " + fault.Message);
            return StartException.ExitCode;
        }
    }

    /// <param name="addNode">Registers the engine, the node and how it is begun.</param>
    /// <param name="sink">Where the log goes instead of the console.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection, GatewayOptions> addNode, ILogEventSink? sink = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ContentRootPath = AppContext.BaseDirectory,
        });
        var isDevelopment = builder.Environment.IsDevelopment();
        var options = GatewayConfiguration.Load(builder.Configuration, isDevelopment);
        ListenUrls.Apply(builder, options);
        builder.Logging.ClearProviders();
        builder.Logging.AddSerilog(GatewayLog.Create(builder.Configuration, isDevelopment, TimeProvider.System, sink), dispose: true);
        builder.Services.Configure<HostOptions>(host =>
            host.ShutdownTimeout = TimeSpan.FromMilliseconds(options.Drain.WindowMs) + StopMargin);
        builder.Services.AddGateway(options);
        addNode(builder.Services, options);
        var app = builder.Build();
        // A key file that can't be used stops the start, not the first token.
        _ = app.Services.GetRequiredService<IReadOnlyList<Auth.IKeySource>>();
        Use(app, options, isDevelopment);
        return app;
    }

    private static void Use(WebApplication app, GatewayOptions options, bool isDevelopment)
    {
        app.UseMiddleware<FaultAnswer>();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/v1"), api => api.UseMiddleware<RequestLog>());
        app.UseMiddleware<AdminAccess>();
        if (isDevelopment || options.Demo)
            DemoPage.Use(app);
        app.MapGatewaySockets();
        app.MapBackendApi();
        app.MapHealth();
        app.MapOpenApi();
        var metrics = app.Services.GetRequiredService<MetricsExporter>();
        app.MapGet(AdminAccess.Metrics, () => TypedResults.Text(metrics.Write(), MetricText.ContentType)).ExcludeFromDescription();
        if (isDevelopment)
            app.Lifetime.ApplicationStarted.Register(() => TellWhereToLook(app, options));
    }

    private static void TellWhereToLook(WebApplication app, GatewayOptions options)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var url = ListenUrls.ToOpen(addresses, options.Admin.Port);
        Open(app.Logger, url);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Open {Url} in a browser.")]
    private static partial void Open(Microsoft.Extensions.Logging.ILogger log, string url);
}
