// The transport's front door: what Program calls to serve WebSockets. The node, the dialect, the gate of handshakes and NodeOptions
// come from whoever registers them.

using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Host.Transport;

internal static class GatewaySockets
{
    /// <summary>The contract's names for the one endpoint; behind each may follow a room's name.</summary>
    private static readonly string[] Paths = ["/ws", "/chat", "/socket", "/websocket"];

    /// <summary>The route value that holds a room named in the path.</summary>
    public const string RoomRouteValue = "room";

    public static IServiceCollection AddGatewaySockets(this IServiceCollection services)
    {
        services.Configure<KestrelServerOptions>(GatewayKestrel.Configure);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CloseDeadlines>();
        services.AddSingleton<OutboxTotals>();
        services.AddSingleton<WebSocketEndpoint>();
        return services;
    }

    public static void MapGatewaySockets(this IEndpointRouteBuilder routes)
    {
        RequestDelegate serve = routes.ServiceProvider.GetRequiredService<WebSocketEndpoint>().Serve;
        foreach (var path in Paths)
        {
            routes.MapGet(path, serve);
            routes.MapGet($"{path}/{{{RoomRouteValue}}}", serve);
        }
    }
}
