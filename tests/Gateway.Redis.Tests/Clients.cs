// Clients for tests, and short ways to use them.

using Gateway.Redis.Tests.Fakes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Redis.Tests;

internal static class Clients
{
    public static RedisClient New(RedisOptions options, Guest? guest = null, ILogger? log = null) =>
        new(options, guest ?? new Guest(), TimeProvider.System, () => 0.5, log ?? NullLogger.Instance);

    public static async Task<RedisClient> Connected(RedisOptions options, Guest? guest = null, ILogger? log = null)
    {
        var client = New(options, guest, log);
        await client.Connect(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return client;
    }

    public static Task<RedisClient> Connected(RedisEndpoint endpoint, Guest? guest = null) => Connected(new RedisOptions { Seeds = [endpoint] }, guest);

    public static async Task<string> Ask(this RedisClient client, string name, params RedisArgument[] arguments) =>
        (await client.Call(0, RedisCommand.Of(name, arguments))).Text;
}
