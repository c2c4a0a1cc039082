// A command that waits for its answer, or to be written.

namespace Gateway.Redis.Connections;

/// <param name="Deadline">A timestamp.</param>
/// <param name="IsOfThisLife">It belongs to the preparation of this very connection, so it never waits for the next.</param>
internal readonly record struct Entry(RedisCommand Command, IRedisCaller Caller, long Deadline, bool IsOfThisLife);
