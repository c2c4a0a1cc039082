// Keys that change while the gateway runs: a file that is replaced, a URL that rotates, is away, or answers nonsense.

using System.Security.Cryptography;
using System.Text;
using Gateway.Host.Auth;
using Gateway.Host.Options;
using Gateway.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Host.Tests.Auth;

public sealed class KeySourceTests : IAsyncLifetime
{
    private readonly VirtualTime _time = new(TestTokens.Now);
    private readonly RSA _old = TestTokens.FirstRsa;
    private readonly RSA _new = TestTokens.SecondRsa;
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-keys-").FullName;
    private KeyServer _server = null!;

    public async Task InitializeAsync() => _server = await KeyServer.Start();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_changed_file_is_read_again()
    {
        var path = Path.Combine(_directory, "jwks.json");
        File.WriteAllText(path, TestTokens.Jwks(TestTokens.Jwk(_old, "k")));
        var check = With(new JwksFileKeys(path, NullLogger<JwksFileKeys>.Instance));
        Assert.True(await check(_old, "k"));

        // The same key id with another key: nothing of the old one may be kept.
        File.WriteAllText(path, TestTokens.Jwks(TestTokens.Jwk(_new, "k")) + " ");
        Assert.True(await check(_new, "k"));
        Assert.False(await check(_old, "k"));
    }

    [Fact]
    public async Task A_file_behind_a_turned_link_is_read_again()
    {
        File.WriteAllText(Path.Combine(_directory, "a.json"), TestTokens.Jwks(TestTokens.Jwk(_old, "a")));
        File.WriteAllText(Path.Combine(_directory, "b.json"), TestTokens.Jwks(TestTokens.Jwk(_new, "b")));
        var link = Path.Combine(_directory, "jwks.json");
        File.CreateSymbolicLink(link, Path.Combine(_directory, "a.json"));
        var check = With(new JwksFileKeys(link, NullLogger<JwksFileKeys>.Instance));
        File.Delete(link);
        Assert.True(await check(_old, "a"));
        File.CreateSymbolicLink(link, Path.Combine(_directory, "b.json"));
        Assert.True(await check(_new, "b"));
    }

    [Fact]
    public async Task A_file_that_became_nonsense_leaves_the_keys_as_they_were()
    {
        var path = Path.Combine(_directory, "jwks.json");
        File.WriteAllText(path, TestTokens.Jwks(TestTokens.Jwk(_old, "k")));
        var check = With(new JwksFileKeys(path, NullLogger<JwksFileKeys>.Instance));
        File.WriteAllText(path, "{");
        Assert.True(await check(_old, "k"));
        File.Delete(path);
        Assert.True(await check(_old, "k"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("{\"keys\":[]}")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}]}")]
    public void A_file_without_a_usable_key_stops_the_start_by_name(string? content)
    {
        var path = Path.Combine(_directory, "jwks.json");
        if (content is not null)
            File.WriteAllText(path, content);
        var refused = Assert.Throws<StartException>(() => new JwksFileKeys(path, NullLogger<JwksFileKeys>.Instance));
        Assert.Contains("Gateway:Auth:JwksFile", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_key_id_is_looked_for_at_the_url_but_not_more_often_than_allowed()
    {
        _server.Body = TestTokens.Jwks(TestTokens.Jwk(_old, "old"));
        using var keys = Keys();
        var check = With(keys);
        Assert.True(await check(_old, "old"));
        Assert.Equal(1, _server.Requests);

        _server.Body = TestTokens.Jwks(TestTokens.Jwk(_old, "old"), TestTokens.Jwk(_new, "new"));
        Assert.False(await check(_new, "new"));
        Assert.False(await check(_new, "new"));
        Assert.Equal(1, _server.Requests);

        _time.Advance(JwksUrlKeys.UnknownKeyInterval);
        Assert.True(await check(_new, "new"));
        Assert.True(await check(_old, "old"));
        Assert.Equal(2, _server.Requests);
    }

    [Fact]
    public async Task A_bad_signature_under_a_known_key_asks_nobody()
    {
        _server.Body = TestTokens.Jwks(TestTokens.Jwk(_old, "k"));
        using var keys = Keys();
        var check = With(keys);
        Assert.True(await check(_old, "k"));
        _time.Advance(JwksUrlKeys.UnknownKeyInterval);
        Assert.False(await check(_new, "k"));
        Assert.Equal(1, _server.Requests);
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(200, "nonsense")]
    [InlineData(200, "{\"keys\":[]}")]
    public async Task The_old_keys_are_kept_while_the_url_is_away(int status, string body)
    {
        _server.Body = TestTokens.Jwks(TestTokens.Jwk(_old, "old"));
        using var keys = Keys();
        var check = With(keys);
        Assert.True(await check(_old, "old"));
        (_server.Status, _server.Body) = (status, body);
        _time.Advance(JwksUrlKeys.MaxAge);
        Assert.False(await check(_new, "new"));
        Assert.True(await check(_old, "old"));

        (_server.Status, _server.Body) = (200, TestTokens.Jwks(TestTokens.Jwk(_new, "new")));
        _time.Advance(JwksUrlKeys.RetryInterval);
        Assert.True(await check(_new, "new"));
    }

    [Fact]
    public async Task A_boundless_answer_is_not_taken_in()
    {
        _server.Body = TestTokens.Jwks(TestTokens.Jwk(_old, "k")) + new string(' ', JwksDocument.MaxBytes);
        using var keys = Keys();
        Assert.False(await With(keys)(_old, "k"));
        Assert.Equal(0, keys.Current.Count);
    }

    [Fact]
    public void A_key_set_leaves_out_what_it_can_not_use()
    {
        using var small = RSA.Create(1024);
        var text = TestTokens.Jwks(
            TestTokens.Jwk(_old, "good"), TestTokens.Jwk(small, "small"), "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
            "{\"kty\":\"RSA\",\"use\":\"enc\",\"n\":\"AA\",\"e\":\"AQAB\"}", "5", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}");
        Assert.Equal(1, JwksDocument.Parse(Encoding.UTF8.GetBytes(text))!.Count);
    }

    private JwksUrlKeys Keys() => new(_server.Url, new SocketsHttpHandler(), _time, NullLogger<JwksUrlKeys>.Instance);

    private Func<RSA, string, Task<bool>> With(IKeySource source)
    {
        var authenticator = new TokenAuthenticator([source], null, null, _time, NullLogger<TokenAuthenticator>.Instance);
        return async (key, kid) =>
        {
            var claims = TestTokens.Claims();
            claims["exp"] = TestTokens.Unix(100_000);
            return await authenticator.Authenticate(TestTokens.Rsa(claims, key, kid), CancellationToken.None) is not null;
        };
    }

    /// <summary>A loopback server that answers what the test says.</summary>
    private sealed class KeyServer
    {
        private readonly WebApplication _app;
        private int _requests;

        private KeyServer()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _app = builder.Build();
            _app.Run(async context =>
            {
                Interlocked.Increment(ref _requests);
                context.Response.StatusCode = Status;
                await context.Response.WriteAsync(Body);
            });
        }

        public Uri Url => new(_app.Urls.First() + "/jwks");

        public int Requests => Volatile.Read(ref _requests);

        public string Body { get; set; } = "";

        public int Status { get; set; } = 200;

        public static async Task<KeyServer> Start()
        {
            var server = new KeyServer();
            await server._app.StartAsync();
            return server;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
