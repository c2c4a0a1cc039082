// Makes of the checked configuration what the actors work with. "No limit" (0) becomes numbers that no peer reaches, so that the
// actors know one rule only.

using Gateway.Actors;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Host.Options;

internal static class NodeOptionsMapping
{
    private const int Unlimited = 1_000_000_000;

    public static NodeOptions ToNodeOptions(this GatewayOptions options)
    {
        var limits = options.Limits;
        return new NodeOptions
        {
            NodeId = options.NodeId,
            Namespaces = options.ToNamespaces(),
            DefaultRoom = RoomName.TryParse(options.DefaultRoom, out var room) ? room : null,
            GraceMs = options.Presence.GraceMs,
            ResumeMs = options.Session.ResumeMs,
            // A peer is asked before it is given up, whichever of the two was set alone.
            PingMs = Math.Max(1, Math.Min(options.Heartbeat.PingMs, (int)(options.Heartbeat.TimeoutMs * 2L / 3))),
            HeartbeatTimeoutMs = options.Heartbeat.TimeoutMs,
            DrainWindowMs = options.Drain.WindowMs,
            EventsPerSecond = limits.EventsPerSecond > 0 ? limits.EventsPerSecond : Unlimited,
            EventBurst = limits.EventsPerSecond > 0 ? limits.EventBurst : Unlimited,
            CommandsPerSecond = limits.CommandsPerSecond > 0 ? limits.CommandsPerSecond : Unlimited,
            CommandBurst = limits.CommandsPerSecond > 0 ? limits.CommandBurst : Unlimited,
            FrameBytes = limits.FrameBytes,
            RoomsPerConnection = limits.RoomsPerConnection,
            OutboxEvents = limits.OutboxEvents,
            OutboxBytes = limits.OutboxBytes,
            ConnectionsPerUser = limits.ConnectionsPerUser > 0 ? limits.ConnectionsPerUser : Unlimited,
            UnauthenticatedPerNode = limits.UnauthenticatedPerNode > 0 ? limits.UnauthenticatedPerNode : Unlimited,
        };
    }

    public static Namespaces ToNamespaces(this GatewayOptions options)
    {
        var policies = new[] { NamespacePolicy.Chat, NamespacePolicy.User, NamespacePolicy.Telemetry }
            .ToDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var entry in options.Namespaces)
        {
            var policy = policies.TryGetValue(entry.Name, out var builtIn) ? builtIn : new NamespacePolicy { Name = entry.Name };
            policies[entry.Name] = entry.Over(policy);
        }

        return new Namespaces(policies.Values);
    }
}
