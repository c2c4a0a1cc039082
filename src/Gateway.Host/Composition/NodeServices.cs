// Registers the engine that the configuration names, and the node over it.

using Gateway.Actors;
using Gateway.Actors.Connections;
using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Actors.Engine.Redis;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Host.Options;
using Gateway.Redis;

namespace Gateway.Host.Composition;

internal static class NodeServices
{
    /// <summary>Sessions outlive their sockets: room for as many detached ones as there may be connections.</summary>
    private const int SessionsPerConnection = 2;

    public static void Add(IServiceCollection services, GatewayOptions options)
    {
        if (options.Engine == EngineKind.Redis)
        {
            var redis = ToRedisOptions(options);
            services.AddSingleton<IEngine>(provider => new RedisEngine(
                redis, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RedisEngine>>()));
        }
        else
        {
            var embedded = ToEmbeddedOptions(options);
            services.AddSingleton<IEngine>(provider => new EmbeddedEngine(
                embedded, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<EmbeddedEngine>>()));
        }

        services.AddSingleton(provider =>
        {
            var log = provider.GetRequiredService<ILogger<GatewayNode>>();
            return new GatewayNode(
                provider.GetRequiredService<NodeOptions>(), provider.GetRequiredService<IEngine>(), provider.GetRequiredService<ITokenAuthenticator>(),
                new ActorSystemOptions { Time = provider.GetRequiredService<TimeProvider>(), Logger = log });
        });
        services.AddSingleton<IGatewayNode>(provider => provider.GetRequiredService<GatewayNode>());
        services.AddSingleton(provider =>
        {
            var node = provider.GetRequiredService<GatewayNode>();
            return new NodeStart(node.Start, () => node.Rooms);
        });
    }

    public static RedisEngineOptions ToRedisOptions(GatewayOptions options) => new()
    {
        Redis = RedisOptions.Parse(options.Redis ?? ""),
        Ack = options.RedisAck switch
        {
            null => null,
            RedisAckLevel.Memory => RedisAck.Memory,
            RedisAckLevel.Replicated => RedisAck.Replicated,
            _ => RedisAck.Fsync,
        },
        NodeId = options.NodeId,
        Namespaces = options.ToNamespaces(),
        GraceMs = options.Presence.GraceMs,
        ResumeMs = options.Session.ResumeMs,
    };

    private static EmbeddedOptions ToEmbeddedOptions(GatewayOptions options)
    {
        var defaults = new EmbeddedOptions();
        return defaults with
        {
            DataDir = Path.GetFullPath(options.DataDir),
            NodeId = options.NodeId,
            Namespaces = options.ToNamespaces(),
            GraceMs = options.Presence.GraceMs,
            ResumeMs = options.Session.ResumeMs,
            MaxSessions = (int)Math.Clamp((long)options.Limits.ConnectionsPerNode * SessionsPerConnection, defaults.MaxSessions, int.MaxValue),
        };
    }
}
