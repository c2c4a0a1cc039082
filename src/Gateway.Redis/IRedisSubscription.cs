// A subscription that holds until it is disposed.

namespace Gateway.Redis;

public interface IRedisSubscription : IDisposable;
