// Whoever lives in Redis, for a test: records what it is told, and prepares as the test says.

using System.Collections.Concurrent;

namespace Gateway.Redis.Tests.Fakes;

internal sealed class Guest : IRedisGuest
{
    public ConcurrentQueue<string> Heard { get; } = new();

    public Func<RedisPrimary, CancellationToken, ValueTask> Preparing { get; set; } = (_, _) => ValueTask.CompletedTask;

    public DateTimeOffset? DownSince { get; private set; }

    public int Prepared => Heard.Count(line => line.StartsWith("prepare", StringComparison.Ordinal));

    public int Ups => Heard.Count(line => line.StartsWith("up", StringComparison.Ordinal));

    public int Downs => Heard.Count(line => line.StartsWith("down", StringComparison.Ordinal));

    public async ValueTask Prepare(RedisPrimary primary, CancellationToken ct)
    {
        Heard.Enqueue($"prepare {primary}");
        await Preparing(primary, ct);
    }

    public void Up(RedisPrimary primary) => Heard.Enqueue($"up {primary}");

    public void Down(RedisPrimary primary, DateTimeOffset since)
    {
        DownSince = since;
        Heard.Enqueue($"down {primary}");
    }

    public void TopologyChanged() => Heard.Enqueue("topology");

    public override string ToString() => string.Join(", ", Heard);
}
