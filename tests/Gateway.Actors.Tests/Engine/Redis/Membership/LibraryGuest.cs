// Loads the library of functions onto each primary, and no more.

using System.Text;
using Gateway.Actors.Engine.Redis;
using Gateway.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

internal sealed class LibraryGuest : IRedisGuest
{
    private static readonly string Code = Read();

    public RedisClient? Client { get; set; }

    public async ValueTask Prepare(RedisPrimary primary, CancellationToken ct)
    {
        var loaded = await Client!.CallOn(primary, RedisCommand.Of("FUNCTION", "LOAD", "REPLACE", Code));
        if (loaded.IsError)
            throw new RedisStartException(loaded.Text);
    }

    public void Up(RedisPrimary primary)
    {
    }

    public void Down(RedisPrimary primary, DateTimeOffset since)
    {
    }

    public void TopologyChanged()
    {
    }

    private static string Read()
    {
        using var reader = new StreamReader(typeof(RedisMembers).Assembly.GetManifestResourceStream("gateway.lua")!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
