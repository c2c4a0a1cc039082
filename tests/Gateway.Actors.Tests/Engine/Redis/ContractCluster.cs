// The contract's tests, run against the Redis engine on a Redis Cluster of three primaries.

namespace Gateway.Actors.Tests.Engine.Redis;

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterEventLog(ClusterStore store) : EventLogContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterMembership(ClusterStore store) : MembershipContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterPresence(ClusterStore store) : PresenceContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterCursors(ClusterStore store) : CursorContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterIdempotency(ClusterStore store) : IdempotencyContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterHistory(ClusterStore store) : HistoryContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterEpochs(ClusterStore store) : EpochContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(ClusterStoreCollection.Name)]
public sealed class RedisClusterPresenceModel(ClusterStore store) : PresenceModelContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}
