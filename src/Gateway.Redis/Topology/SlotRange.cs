// Slots that follow one another and have the same owner.

namespace Gateway.Redis.Topology;

internal readonly record struct SlotRange(int First, int Last, RedisEndpoint Owner);
