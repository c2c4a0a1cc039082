// What a primary's connections are for.

namespace Gateway.Redis.Connections;

internal enum LaneKind
{
    Publishes,
    Commands,
    Subscriptions,
}
