// What every actor of a node is given. Immutable; made once by GatewayNode.

using Gateway.Actors.Engine;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors;

internal sealed record NodeServices(
    NodeOptions Options, IEngine Engine, TimeProvider Time, NodeMetrics Metrics, ILogger Log, RandomIds Ids);
