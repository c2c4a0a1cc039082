// The start: what is refused with a cure, what is waited for, and what the guest's preparation decides.

using Gateway.Redis.Tests.Fakes;

namespace Gateway.Redis.Tests;

public sealed class StartTests
{
    private const string Primary = "redis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n";

    private static RedisOptions Quick(params FakeRedis[] servers) =>
        new() { Seeds = [.. servers.Select(server => server.Endpoint)], CommandTimeoutMs = 500, ConnectTimeoutMs = 500 };

    private static async Task<string> Refusal(RedisOptions options, Guest? guest = null)
    {
        await using var client = Clients.New(options, guest);
        var exception = await Assert.ThrowsAsync<RedisStartException>(async () => await client.Connect(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(25)));
        return exception.Message;
    }

    [Theory]
    [InlineData("-NOAUTH HELLO must be called with the client already authenticated\r\n", "password=")]
    [InlineData("-ERR unknown command `HELLO`, with args beginning with: \r\n", "7.0 or newer")]
    [InlineData("-NOPROTO unsupported protocol version\r\n", "7.0 or newer")]
    [InlineData("-NOPERM this user has no permissions to run the 'hello' command\r\n", "+hello")]
    [InlineData("-DENIED Redis is running in protected mode\r\n", "protected mode")]
    [InlineData("+OK\r\n", "RESP3")]
    [InlineData("%1\r\n+mode\r\n+sentinel\r\n", "Sentinel")]
    public async Task A_server_that_cannot_be_used_is_refused_with_the_cure(string hello, string cure)
    {
        await using var server = new FakeRedis { Hello = hello };
        var message = await Refusal(Quick(server));
        Assert.Contains(cure, message, StringComparison.Ordinal);
        Assert.Contains(server.Endpoint.ToString(), message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_server_is_refused_by_its_version()
    {
        await using var server = new FakeRedis { Info = Primary.Replace("7.0.15", "6.2.7", StringComparison.Ordinal) };
        Assert.Contains("Redis 6.2.7: 7.0 or newer", await Refusal(Quick(server)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_wrong_is_not_repeated()
    {
        await using var server = new FakeRedis { Hello = "-WRONGPASS invalid username-password pair or user is disabled.\r\n" };
        var message = await Refusal(Quick(server) with { User = "gateway", Password = "secret" });
        Assert.Contains("'gateway'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_answers_is_refused_with_the_address_after_a_while()
    {
        await using var server = new FakeRedis { IsRefusing = true };
        var message = await Refusal(Quick(server));
        Assert.Contains("No Redis primary is reached", message, StringComparison.Ordinal);
        Assert.Contains(server.Endpoint.ToString(), message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_up_or_loads_during_the_start_is_waited_for()
    {
        await using var server = new FakeRedis { Info = Primary.Replace("loading:0", "loading:1", StringComparison.Ordinal) };
        await using var client = Clients.New(Quick(server));
        var connecting = client.Connect(CancellationToken.None).AsTask();
        await Until.Holds("it was asked several times", () => server.Connections >= 3);
        Assert.False(connecting.IsCompleted);
        server.Info = Primary;
        await connecting.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_start_can_be_called_off()
    {
        await using var server = new FakeRedis { IsRefusing = true };
        await using var client = Clients.New(Quick(server));
        using var off = new CancellationTokenSource();
        var connecting = client.Connect(off.Token).AsTask();
        await off.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_replica_says_who_the_primary_is()
    {
        await using var primary = new FakeRedis();
        await using var replica = new FakeRedis { Info = $"redis_version:7.0.15\r\nrole:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:{primary.Endpoint.Port}\r\n" };
        await using var client = await Clients.Connected(Quick(replica));
        Assert.Equal(primary.Endpoint, Assert.Single(client.Primaries).Endpoint);
    }

    [Fact]
    public async Task Of_two_that_claim_to_be_primary_the_one_with_the_replica_is_believed()
    {
        await using var stale = new FakeRedis { Info = Primary + "master_replid:one\r\n" };
        await using var primary = new FakeRedis { Info = Primary + "master_replid:two\r\n" };
        await using var replica = new FakeRedis { Info = Primary.Replace("master", "slave", StringComparison.Ordinal) + "master_replid:two\r\n" };
        await using var client = await Clients.Connected(Quick(stale, primary, replica));
        Assert.Equal(primary.Endpoint, Assert.Single(client.Primaries).Endpoint);
    }

    [Fact]
    public async Task What_the_guest_refuses_ends_the_start()
    {
        await using var server = new FakeRedis();
        var guest = new Guest { Preparing = (_, _) => throw new RedisStartException("set maxmemory-policy to noeviction") };
        Assert.Equal("set maxmemory-policy to noeviction", await Refusal(Quick(server), guest));
    }

    [Fact]
    public async Task A_preparation_that_fails_later_is_tried_again_and_nothing_passes_meanwhile()
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = await Clients.Connected(Quick(server), guest);
        var fails = 2;
        guest.Preparing = (_, _) => Interlocked.Decrement(ref fails) >= 0 ? throw new RedisStartException("not now") : ValueTask.CompletedTask;
        var before = server.Received.Count;
        foreach (var connection in server.Open)
            connection.Close();
        await Until.Holds("it is up again", () => guest.Ups == 2, guest.ToString);
        Assert.Equal(4, guest.Prepared);
        Assert.Equal(before, server.Received.Count);
    }

    [Fact]
    public async Task A_connection_that_breaks_during_the_preparation_ends_it()
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = Clients.New(Quick(server), guest);
        var errors = new List<RedisErrorCode>();
        guest.Preparing = async (primary, _) =>
        {
            var reply = await client.CallOn(primary, RedisCommand.Of("FUNCTION", "LOAD", "code"));
            if (reply.Error is { } error)
                errors.Add(error.Code);
        };
        var breaks = 1;
        server.Answer = (connection, command) =>
        {
            if (command[0] != "FUNCTION" || Interlocked.Decrement(ref breaks) < 0)
                return null;
            connection.Close();
            return "";
        };
        await client.Connect(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([RedisErrorCode.Lost], errors);
        Assert.Equal(1, guest.Ups);
    }

    [Fact]
    public async Task A_preparation_that_never_ends_does_not_hold_up_the_end()
    {
        await using var server = new FakeRedis();
        var never = new TaskCompletionSource();
        var guest = new Guest { Preparing = async (_, _) => await never.Task };
        var client = Clients.New(Quick(server), guest);
        var connecting = client.Connect(CancellationToken.None).AsTask();
        await Until.Holds("it is being prepared", () => guest.Prepared == 1);
        await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5));
        never.SetResult();
        await Until.Holds("the start ends too", () => connecting.IsCompleted);
    }

    [Fact]
    public async Task Publishes_wait_until_the_very_process_they_go_to_is_prepared()
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = Clients.New(Quick(server), guest);
        var prepared = new TaskCompletionSource();
        guest.Preparing = async (_, _) => await prepared.Task;
        var connecting = client.Connect(CancellationToken.None).AsTask();
        await Until.Holds("it is being prepared", () => guest.Prepared == 1 && server.Open.Count() >= 3);
        var publish = new Caller();
        client.Send(0, RedisPurpose.Publishes, RedisCommand.Of("ECHO", "hello"), publish);
        Assert.Equal("NotSent", await publish.Heard);
        Assert.Equal(0, guest.Ups);
        prepared.SetResult();
        await connecting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1, guest.Ups);
    }
}
