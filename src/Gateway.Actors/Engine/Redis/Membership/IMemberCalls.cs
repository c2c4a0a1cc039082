// How MEMBERS' parts reach Redis. The engine's link is behind it; tests put themselves between two steps of one operation.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

/// <summary>A call never throws for the peer's reasons: the reply is an error then.</summary>
internal interface IMemberCalls
{
    /// <summary>One of the library's functions on a partition. The partition's <c>inc</c>, the run id and the clock are put before.</summary>
    ValueTask<RedisReply> Call(PartitionKeys partition, string function, ReadOnlySpan<string> keys, ReadOnlySpan<string> arguments);

    /// <summary>What is pushed to all nodes in a partition, until it is disposed.</summary>
    IDisposable Listen(PartitionKeys partition, IRedisSubscriber subscriber);

    /// <summary>One partition of each primary there is.</summary>
    IReadOnlyList<PartitionKeys> OnePerPrimary();
}
