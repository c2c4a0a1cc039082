// Registers all that the host adds to the node: options, tokens, the gate, the backend API, health and metrics.

using System.Security.Cryptography;
using Gateway.Actors;
using Gateway.Actors.Connections;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Host.Api;
using Gateway.Host.Auth;
using Gateway.Host.Health;
using Gateway.Host.Metrics;
using Gateway.Host.Options;
using Gateway.Host.Transport;
using Gateway.Protocol;
using Gateway.Protocol.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Host.Composition;

internal static class GatewayServices
{
    /// <summary>96 bits: enough that no two of a room's events or guests share one.</summary>
    private const int RandomIdChars = 24;

    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        var nodeOptions = options.ToNodeOptions();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(nodeOptions);
        services.AddSingleton(nodeOptions.Namespaces);
        services.AddSingleton<IDialect, JsonDialect>();
        services.AddSingleton(new ApiKeys(options.Api.Keys));
        services.AddSingleton<ITokenAuthenticator>(provider => new TokenAuthenticator(
            provider.GetRequiredService<IReadOnlyList<IKeySource>>(), NullIfEmpty(options.Auth.Issuer), NullIfEmpty(options.Auth.Audience),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TokenAuthenticator>>()));
        services.AddSingleton(provider => TokenKeySources.Create(
            options.Auth, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IHandshakeGate>(provider => new HandshakeGate(
            options, provider.GetRequiredService<ITokenAuthenticator>(), provider.GetRequiredService<IGatewayNode>(),
            provider.GetRequiredService<IEngine>(), provider.GetRequiredService<TimeProvider>(), RandomId));
        services.AddSingleton(provider => new BackendApi(
            provider.GetRequiredService<IEngine>(), provider.GetRequiredService<IDialect>(), nodeOptions.Namespaces,
            nodeOptions.FrameBytes, provider.GetRequiredService<TimeProvider>(), RandomId));
        services.AddSingleton(provider => new ReadyProbe(
            provider.GetRequiredService<IEngine>(), provider.GetRequiredService<IGatewayNode>(),
            provider.GetRequiredService<NodeStart>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MetricsExporter>();
        services.AddHostedService<NodeLifetime>();
        services.AddSingleton(provider => new LoadReport(
            provider.GetRequiredService<IEngine>(), provider.GetRequiredService<IGatewayNode>(),
            provider.GetRequiredService<NodeStart>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<LoadReport>());
        services.AddGatewayOpenApi();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        services.AddGatewaySockets();
        return services;
    }

    private static string RandomId() => RandomNumberGenerator.GetHexString(RandomIdChars, lowercase: true);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
