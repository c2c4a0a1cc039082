// The contract's tests, run against the Redis engine on one Redis server.

namespace Gateway.Actors.Tests.Engine.Redis;

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSingleEventLog(SingleStore store) : EventLogContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSingleMembership(SingleStore store) : MembershipContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSinglePresence(SingleStore store) : PresenceContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSingleCursors(SingleStore store) : CursorContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSingleIdempotency(SingleStore store) : IdempotencyContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSingleHistory(SingleStore store) : HistoryContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSingleEpochs(SingleStore store) : EpochContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}

[Collection(SingleStoreCollection.Name)]
public sealed class RedisSinglePresenceModel(SingleStore store) : PresenceModelContract
{
    protected override async Task<EngineLab> Begin() => await RedisLab.Begin(store);
}
