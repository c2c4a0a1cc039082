// What every actor of a node is given. Immutable; made once by GatewayNode.

using Gateway.Actors.Engine;

namespace Gateway.Actors;

internal sealed record NodeServices(
    NodeOptions Options, IEngine Engine, TimeProvider Time, NodeMetrics Metrics, RandomIds Ids);
