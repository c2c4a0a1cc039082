// A Redis that could not keep what the gateway promises is refused at the start, with a message that names what is wrong and the cure.

using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Redis;
using Gateway.Redis.Tests;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Actors.Tests.Engine.Redis;

public sealed class StartCheckTests
{
    private readonly KeptLog _log = new();

    [SkippableFact]
    public async Task A_plain_server_is_taken_and_an_ack_means_memory()
    {
        await using var server = await RedisServer.Start();
        Assert.Equal(RedisAck.Memory, await Start(To(server)));
        Assert.Contains("an ack means Memory", _log.Text, StringComparison.Ordinal);
        Assert.Contains("gateway_1", server.Ask("FUNCTION LIST"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Functions_that_are_there_stay_and_others_of_their_name_are_replaced()
    {
        await using var server = await RedisServer.Start();
        await Start(To(server));
        Assert.Contains("calls=1", Statistics(server, "function|load"), StringComparison.Ordinal);
        await Start(To(server));
        Assert.Contains("calls=1", Statistics(server, "function|load"), StringComparison.Ordinal);
        Assert.StartsWith("$", server.Ask("FUNCTION LOAD REPLACE \"#!lua name=gateway_1\\nredis.register_function('old', function() return 1 end)\""), StringComparison.Ordinal);
        await Start(To(server));
        Assert.Contains("gw1_install", server.Ask("FUNCTION LIST LIBRARYNAME gateway_1"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_password_that_is_missing_or_wrong_is_said_and_never_shown()
    {
        await using var server = await RedisServer.Start("--requirepass", "s3cret-one");
        var missing = await Refusal(To(server));
        Assert.Contains("password=", missing, StringComparison.Ordinal);
        var wrong = await Refusal(To(server, "password=s3cret-two"));
        Assert.Contains("does not accept", wrong, StringComparison.Ordinal);
        await Start(To(server, "password=s3cret-one"));
        Assert.DoesNotContain("s3cret", missing + wrong + _log.Text, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("on >pw ~gw:* &gw:* +@all -zadd", "ZADD")]
    [InlineData("on >pw ~gw:* &gw:* +@all -function", "load its functions")]
    [InlineData("on >pw ~gw:* &gw:* +@all -fcall", "call its functions")]
    [InlineData("on >pw ~other:* &gw:* +@all", "call its functions on the keys gw:*")]
    [InlineData("on >pw ~gw:* resetchannels &other +@all", "the channels gw:*")]
    [InlineData("on >pw ~gw:* &gw:* +@all -ssubscribe", "SSUBSCRIBE")]
    public async Task A_user_who_may_not_do_all_is_told_what_and_how_to_get_it(string rules, string lack)
    {
        await using var server = await RedisServer.Start();
        Assert.StartsWith("+OK", server.Ask($"ACL SETUSER ann {rules}"), StringComparison.Ordinal);
        var message = await Refusal(To(server, "user=ann password=pw"));
        Assert.Contains(lack, message, StringComparison.Ordinal);
        Assert.Contains("'ann'", message, StringComparison.Ordinal);

        // The line that it names gives all that is needed.
        var grant = message[message.IndexOf("ACL SETUSER", StringComparison.Ordinal)..].Replace("PASSWORD", "pw", StringComparison.Ordinal);
        Assert.StartsWith("+OK", server.Ask(grant), StringComparison.Ordinal);
        await Start(To(server, "user=ann password=pw"));
    }

    [SkippableFact]
    public async Task Where_the_configuration_is_hidden_the_assumption_is_logged_and_the_start_goes_on()
    {
        await using var server = await RedisServer.Start("--appendonly", "yes", "--appendfsync", "always");
        server.Ask("ACL SETUSER ann on >pw ~gw:* &gw:* +@all -config");
        Assert.Equal(RedisAck.Memory, await Start(To(server, "user=ann password=pw")));
        Assert.Contains("an ack means memory", _log.Text, StringComparison.Ordinal);
        Assert.Equal(RedisAck.Fsync, await Start(To(server, "user=ann password=pw"), RedisAck.Fsync));
        Assert.Contains("it is assumed that it syncs each write", _log.Text, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public async Task A_replica_is_refused_while_its_primary_is_not_reached_and_leads_to_it_otherwise()
    {
        await using var primary = await RedisServer.Start();
        await using var replica = await RedisServer.Start("--replicaof", $"127.0.0.1 {primary.Port}");
        await Until.Holds("the replica follows", () => replica.Ask("INFO replication").Contains("master_link_status:up", StringComparison.Ordinal));
        await Start(To(replica));
        Assert.Contains("gateway_1", primary.Ask("FUNCTION LIST"), StringComparison.Ordinal);

        await primary.Kill();
        var message = await Refusal(To(replica));
        Assert.Contains($"{replica.Endpoint} is a replica", message, StringComparison.Ordinal);
        Assert.Contains($"{primary.Endpoint}", message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("allkeys-lru")]
    [InlineData("volatile-ttl")]
    public async Task A_server_that_may_evict_is_refused(string policy)
    {
        await using var server = await RedisServer.Start("--maxmemory-policy", policy);
        var message = await Refusal(To(server));
        Assert.Contains(policy, message, StringComparison.Ordinal);
        Assert.Contains("maxmemory-policy noeviction", message, StringComparison.Ordinal);
        server.Ask("CONFIG SET maxmemory-policy noeviction");
        await Start(To(server));
    }

    [SkippableFact]
    public async Task Where_nobody_listens_the_address_is_named()
    {
        var port = RedisServer.FreePort();
        var message = await Refusal(RedisOptions.Parse($"127.0.0.1:{port}"));
        Assert.Contains($"127.0.0.1:{port}", message, StringComparison.Ordinal);
        Assert.Contains("correct the address", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_Redis_is_said_to_be_none()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(stop.Token);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"), stop.Token);
                await Task.Delay(20, stop.Token);
            }
        });
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var message = await Refusal(RedisOptions.Parse($"127.0.0.1:{port}"));
        await stop.CancelAsync();
        Assert.Contains($"127.0.0.1:{port}", message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
    }

    [SkippableFact]
    public async Task An_ack_means_what_the_server_is_set_to()
    {
        await using var server = await RedisServer.Start("--appendonly", "yes", "--appendfsync", "always");
        Assert.Equal(RedisAck.Fsync, await Start(To(server)));
        server.Ask("CONFIG SET appendfsync everysec");
        Assert.Equal(RedisAck.Memory, await Start(To(server)));
        var message = await Refusal(To(server), RedisAck.Fsync);
        Assert.Contains("appendfsync everysec", message, StringComparison.Ordinal);
        Assert.Contains("appendfsync always", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task An_ack_of_a_Cluster_means_what_all_of_its_primaries_are_set_to()
    {
        await using var cluster = await RedisCluster.Start("--appendonly", "yes", "--appendfsync", "always");
        Assert.Equal(RedisAck.Fsync, await Start(To(cluster.Servers[0])));
        foreach (var server in cluster.Servers)
        {
            server.Ask("CONFIG SET appendfsync everysec");
            Assert.Equal(RedisAck.Memory, await Start(To(cluster.Servers[0])));
            server.Ask("CONFIG SET appendfsync always");
        }
    }

    [SkippableFact]
    public async Task Replicated_needs_a_replica_that_writes_wait_for()
    {
        await using var primary = await RedisServer.Start();
        var loose = await Refusal(To(primary), RedisAck.Replicated);
        Assert.Contains("min-replicas-to-write to 1", loose, StringComparison.Ordinal);
        await using var replica = await RedisServer.Start("--replicaof", $"127.0.0.1 {primary.Port}");
        await Until.Holds("the replica follows", () => replica.Ask("INFO replication").Contains("master_link_status:up", StringComparison.Ordinal));
        primary.Ask("CONFIG SET min-replicas-to-write 1");
        Assert.Equal(RedisAck.Replicated, await Start(To(primary)));
        Assert.Equal(RedisAck.Replicated, await Start(To(primary), RedisAck.Replicated));
        Assert.Equal(RedisAck.Memory, await Start(To(primary), RedisAck.Memory));
    }

    [SkippableFact]
    public async Task Replicated_without_any_replica_is_refused()
    {
        await using var primary = await RedisServer.Start("--min-replicas-to-write", "1");
        var message = await Refusal(To(primary), RedisAck.Replicated);
        Assert.Contains("has no replica", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_Cluster_that_does_not_serve_all_slots_is_refused()
    {
        await using var cluster = await RedisCluster.Start();
        await Start(To(cluster.Servers[1]));
        Assert.StartsWith("+OK", cluster.Servers[2].Ask("CLUSTER DELSLOTSRANGE 11000 12000"), StringComparison.Ordinal);
        await Until.Holds("the lack is known", () => cluster.Servers[2].Ask("CLUSTER INFO").Contains("cluster_state:fail", StringComparison.Ordinal));
        var message = await Refusal(To(cluster.Servers[2]));
        Assert.Contains("redis-cli --cluster fix", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Data_of_another_number_of_partitions_is_left_alone()
    {
        await using var server = await RedisServer.Start();
        server.Ask($"HSET {new PartitionKeys(0).Install} partitions 32");
        var message = await Refusal(To(server));
        Assert.Contains("32 partitions", message, StringComparison.Ordinal);
        Assert.Contains("64", message, StringComparison.Ordinal);
    }

    private static RedisOptions To(RedisServer server, string more = "") => RedisOptions.Parse($"{server.Endpoint} {more}");

    private static string Statistics(RedisServer server, string command) =>
        server.Ask("INFO commandstats").Split("\r\n").Single(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));

    private async Task<RedisAck> Start(RedisOptions redis, RedisAck? ack = null)
    {
        await using var engine = Make(redis, ack);
        await engine.Start(new NoticeProbe(), default);
        return engine.Ack;
    }

    private async Task<string> Refusal(RedisOptions redis, RedisAck? ack = null)
    {
        await using var engine = Make(redis, ack);
        var refused = await Assert.ThrowsAsync<EngineStartException>(async () => await engine.Start(new NoticeProbe(), default));
        return refused.Message;
    }

    private RedisEngine Make(RedisOptions redis, RedisAck? ack) =>
        new(new RedisEngineOptions { Redis = redis, Ack = ack, StartPatience = TimeSpan.FromSeconds(1) }, TimeProvider.System, _log);
}
