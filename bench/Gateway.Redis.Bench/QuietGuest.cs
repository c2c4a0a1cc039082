// Lives in Redis and asks nothing of it.

namespace Gateway.Redis.Bench;

internal sealed class QuietGuest : IRedisGuest
{
    public ValueTask Prepare(RedisPrimary primary, CancellationToken ct) => ValueTask.CompletedTask;

    public void Up(RedisPrimary primary)
    {
        // Nothing depends on it.
    }

    public void Down(RedisPrimary primary, DateTimeOffset since) => Console.WriteLine($"{primary} is down");

    public void TopologyChanged()
    {
        // Nothing depends on it.
    }
}
