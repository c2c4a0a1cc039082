// Users, passwords and TLS, against a real redis-server.

using System.Net;
using Gateway.Redis.Tests.Fakes;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Redis.Tests;

public sealed class SecurityTests
{
    private static readonly string[] Gateway = ["--user", "gateway", "on", ">s3cret", "~room:*", "&room:*", "+@all", "--user", "default", "off"];

    private static async Task<string> Refusal(RedisOptions options, RecordingLog log)
    {
        await using var client = Clients.New(options, log: log);
        return (await Assert.ThrowsAsync<RedisStartException>(async () => await client.Connect(CancellationToken.None))).Message;
    }

    private static Task<RedisServer> Encrypted(Certificates certificates) => RedisServer.Start(
        "--port", "0", "--tls-port", "{port}", "--tls-cert-file", certificates.Server, "--tls-key-file", certificates.Key,
        "--tls-ca-cert-file", certificates.Authority, "--tls-auth-clients", "no");

    [SkippableFact]
    public async Task A_user_signs_in_and_may_do_what_it_is_allowed_to()
    {
        await using var server = await RedisServer.Start(Gateway);
        await using var client = await Clients.Connected(new RedisOptions { Seeds = [server.Endpoint], User = "gateway", Password = "s3cret" });
        Assert.Equal("OK", await client.Ask("SET", "room:a", "1"));
        Assert.Equal(RedisErrorCode.NoPermission, (await client.Call(0, RedisCommand.Of("SET", "other", "1"))).Error!.Code);
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room:a", listener);
        await Until.Holds("it holds", () => listener.Count("confirmed") == 1);
    }

    [SkippableFact]
    public async Task A_wrong_password_is_refused_at_once_and_stays_out_of_messages_and_logs()
    {
        await using var server = await RedisServer.Start(Gateway);
        var log = new RecordingLog();
        var message = await Refusal(new RedisOptions { Seeds = [server.Endpoint], User = "gateway", Password = "guessed" }, log);
        Assert.Contains("'gateway'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("guessed", message + log, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_missing_password_is_asked_for()
    {
        await using var server = await RedisServer.Start("--requirepass", "s3cret");
        Assert.Contains("password=", await Refusal(new RedisOptions { Seeds = [server.Endpoint] }, new RecordingLog()), StringComparison.Ordinal);
        await using var client = await Clients.Connected(new RedisOptions { Seeds = [server.Endpoint], Password = "s3cret" });
        Assert.Equal("PONG", await client.Ask("PING"));
    }

    [SkippableFact]
    public async Task A_user_that_may_not_say_who_it_talks_to_is_told_what_it_lacks()
    {
        await using var server = await RedisServer.Start("--user", "gateway", "on", ">s3cret", "~*", "&*", "+@all", "-info");
        var message = await Refusal(new RedisOptions { Seeds = [server.Endpoint], User = "gateway", Password = "s3cret" }, new RecordingLog());
        Assert.Contains("+info", message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Commands_and_messages_pass_through_an_encrypted_connection()
    {
        using var certificates = new Certificates(IPAddress.Loopback);
        await using var server = await Encrypted(certificates);
        await using var client = await Clients.Connected(new RedisOptions { Seeds = [server.Endpoint], Tls = true, TlsCaFile = certificates.Authority });
        var large = new string('x', 3_000_000);
        Assert.Equal("OK", await client.Ask("SET", "a", large));
        Assert.Equal(large, await client.Ask("GET", "a"));
        var listener = new Listener();
        using var subscription = client.Subscribe(0, "room", listener);
        await Until.Holds("it holds", () => listener.Count("confirmed") == 1);
        var callers = Enumerable.Range(0, 5000).Select(_ => new Caller()).ToList();
        foreach (var caller in callers)
            client.Send(0, RedisPurpose.Publishes, RedisCommand.Of("INCR", "n"), caller);
        Assert.Equal("5000", await Until.Done("the last is answered", callers[^1].Heard));
        await client.Ask("SPUBLISH", "room", "hello");
        await Until.Holds("messages come", () => listener.Count("hello") == 1);
    }

    [SkippableFact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        using var certificates = new Certificates(IPAddress.Loopback);
        await using var server = await Encrypted(certificates);
        Assert.Contains("ca=", await Refusal(new RedisOptions { Seeds = [server.Endpoint], Tls = true }, new RecordingLog()), StringComparison.Ordinal);
        using var others = new Certificates(IPAddress.Loopback);
        Assert.Contains("ca=", await Refusal(new RedisOptions { Seeds = [server.Endpoint], Tls = true, TlsCaFile = others.Authority }, new RecordingLog()), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_certificate_of_another_address_is_refused()
    {
        using var certificates = new Certificates(IPAddress.Parse("127.0.0.2"));
        await using var server = await Encrypted(certificates);
        var options = new RedisOptions { Seeds = [server.Endpoint], Tls = true, TlsCaFile = certificates.Authority };
        Assert.Contains("a name that it bears", await Refusal(options, new RecordingLog()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_authorities_that_is_missing_or_empty_is_named()
    {
        var missing = Path.Combine(Path.GetTempPath(), "gateway-no-such.pem");
        var options = new RedisOptions { Seeds = [new RedisEndpoint("127.0.0.1", RedisServer.FreePort())], Tls = true, TlsCaFile = missing };
        Assert.Contains(missing, await Refusal(options, new RecordingLog()), StringComparison.Ordinal);
        var empty = Path.GetTempFileName();
        Assert.Contains(empty, await Refusal(options with { TlsCaFile = empty }, new RecordingLog()), StringComparison.Ordinal);
        File.Delete(empty);
    }
}
