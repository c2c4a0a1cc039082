// An error reply, with what a redirect says.

namespace Gateway.Redis;

/// <param name="Slot">Of a redirect; otherwise -1.</param>
/// <param name="Endpoint">Of a redirect; otherwise null.</param>
public sealed record RedisError(RedisErrorCode Code, string Message, int Slot, RedisEndpoint? Endpoint);
