// PROTOCOL §1, tokens: which are taken and which are refused.

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Actors.Connections;
using Gateway.Actors.Policy;
using Gateway.Host.Auth;
using Gateway.Protocol;
using Gateway.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Host.Tests.Auth;

public sealed class TokenAuthenticatorTests
{
    private readonly VirtualTime _time = new(TestTokens.Now);
    private readonly RSA _rsa = TestTokens.FirstRsa;
    private readonly ECDsa _ec = TestTokens.FirstEc;

    [Theory]
    [InlineData("HS256")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    public async Task An_hmac_token_is_taken(string algorithm) =>
        Assert.Equal("u1", (await Check(TestTokens.Hmac(TestTokens.Claims(), algorithm)))?.UserId);

    [Fact]
    public async Task Rsa_and_ec_tokens_are_taken()
    {
        Assert.Equal("u1", (await Check(TestTokens.Rsa(TestTokens.Claims(), _rsa, "r")))?.UserId);
        Assert.Equal("u1", (await Check(TestTokens.Ec(TestTokens.Claims(), _ec, "e")))?.UserId);
        Assert.Equal("u1", (await Check(TestTokens.Rsa(TestTokens.Claims(), _rsa)))?.UserId);
    }

    [Fact]
    public async Task A_signature_by_another_key_is_refused()
    {
        using var otherEc = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(await Check(TestTokens.Hmac(TestTokens.Claims(), secret: new string('x', 40))));
        Assert.Null(await Check(TestTokens.Rsa(TestTokens.Claims(), TestTokens.SecondRsa, "r")));
        Assert.Null(await Check(TestTokens.Ec(TestTokens.Claims(), otherEc, "e")));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("RS384")]
    [InlineData("PS256")]
    [InlineData("hs256")]
    [InlineData("")]
    public async Task Another_algorithm_is_refused(string algorithm) =>
        Assert.Null(await Check(TestTokens.Hmac($$"""{"alg":"{{algorithm}}"}""", TestTokens.Claims().ToJsonString())));

    [Fact]
    public async Task An_unsigned_token_is_refused()
    {
        var token = TestTokens.Hmac("""{"alg":"none"}""", TestTokens.Claims().ToJsonString());
        Assert.Null(await Check(token[..(token.LastIndexOf('.') + 1)]));
        Assert.Null(await Check(token[..token.LastIndexOf('.')]));
    }

    [Fact]
    public async Task A_public_key_is_never_taken_as_an_hmac_secret()
    {
        foreach (var secret in (string[])[_rsa.ExportSubjectPublicKeyInfoPem(), _rsa.ExportRSAPublicKeyPem(), TestTokens.Jwk(_rsa, "r")])
            Assert.Null(await Check(TestTokens.Hmac(TestTokens.Claims(), secret: secret, kid: "r")));
        var modulus = _rsa.ExportParameters(false).Modulus!;
        var signed = TestTokens.Encode("""{"alg":"HS256","kid":"r"}"""u8.ToArray()) + "." +
            TestTokens.Encode(Encoding.UTF8.GetBytes(TestTokens.Claims().ToJsonString()));
        Assert.Null(await Check(signed + "." + TestTokens.Encode(HMACSHA256.HashData(modulus, Encoding.ASCII.GetBytes(signed)))));
    }

    [Fact]
    public async Task A_token_that_says_another_kind_than_its_key_is_refused()
    {
        Assert.Null(await Check(TestTokens.Rsa(TestTokens.Claims(), _rsa, "r", algorithm: "ES256")));
        Assert.Null(await Check(TestTokens.Rsa(TestTokens.Claims(), _rsa, "r", algorithm: "HS256")));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    public async Task Exp_has_no_leeway(int seconds, bool taken)
    {
        var claims = TestTokens.Claims();
        claims["exp"] = TestTokens.Unix(seconds);
        Assert.Equal(taken, await Check(TestTokens.Hmac(claims)) is not null);
    }

    [Theory]
    [InlineData("nbf", 60, true)]
    [InlineData("nbf", 61, false)]
    [InlineData("iat", 60, true)]
    [InlineData("iat", 61, false)]
    [InlineData("iat", -100000, true)]
    public async Task Nbf_and_iat_have_sixty_seconds(string claim, int seconds, bool taken)
    {
        var claims = TestTokens.Claims();
        claims[claim] = TestTokens.Unix(seconds);
        Assert.Equal(taken, await Check(TestTokens.Hmac(claims)) is not null);
    }

    [Fact]
    public async Task A_token_expires_as_time_goes_by()
    {
        var token = TestTokens.Hmac(TestTokens.Claims());
        Assert.Equal(TestTokens.Now.AddSeconds(600), (await Check(token))?.ExpiresAt);
        _time.Advance(TimeSpan.FromSeconds(600));
        Assert.Null(await Check(token));
    }

    [Theory]
    [InlineData("{\"sub\":\"u1\"}")]
    [InlineData("{\"exp\":1767226200}")]
    [InlineData("{\"sub\":null,\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"a b\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"é\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"a/b\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"guest:ann\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":[\"u1\"],\"exp\":1767226200}")]
    [InlineData("{\"sub\":true,\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"u1\",\"sub\":\"u2\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":\"1767226200\"}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":null}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"nbf\":\"x\"}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"iat\":{}}")]
    [InlineData("{\"sub\":\"\\ud800\",\"exp\":1767226200}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"name\":5}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"name\":\"\\ud800\"}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rate\":0}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rate\":\"50\"}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"join\":\"lobby\"}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"join\":[\"a b\"]}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"join\":[null]}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rooms\":[\"a\"]}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rooms\":{\"a\":\"join\"}}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rooms\":{\"a\":[\"fly\"]}}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rooms\":{\"a\":[\"Join\"]}}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rooms\":{\"a b\":[\"join\"]}}")]
    [InlineData("{\"sub\":\"u1\",\"exp\":1767226200,\"rooms\":{\"a*b\":[\"join\"]}}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public async Task A_claim_of_the_wrong_shape_refuses_the_token(string payload) =>
        Assert.Null(await Check(TestTokens.Hmac("""{"alg":"HS256"}""", payload)));

    [Theory]
    [InlineData("", null)]
    [InlineData("a", null)]
    [InlineData("a.b.c", null)]
    [InlineData("eyJ.eyJ.", null)]
    [InlineData("e30.e30.e30", null)]
    [InlineData("e====.e30.e30", null)]
    [InlineData("e30.e30.e30.e30.e30", null)]
    [InlineData("eyJhbGciOjF9.e30.e30", null)]
    [InlineData("eyJhbGciOiJcdWQ4MDAifQ.e30.e30", null)]
    public async Task Rubbish_is_refused_without_a_throw(string token, string? user) => Assert.Equal(user, (await Check(token))?.UserId);

    [Fact]
    public async Task A_token_of_more_than_eight_kilobytes_is_refused()
    {
        var claims = TestTokens.Claims();
        claims["pad"] = new string('x', 5000);
        Assert.NotNull(await Check(TestTokens.Hmac(claims)));
        claims["pad"] = new string('x', 7000);
        Assert.Null(await Check(TestTokens.Hmac(claims)));
    }

    [Fact]
    public async Task A_critical_extension_is_refused() =>
        Assert.Null(await Check(TestTokens.Hmac("""{"alg":"HS256","crit":["b64"],"b64":false}""", TestTokens.Claims().ToJsonString())));

    [Theory]
    [InlineData("a.b_c-d:e@f|g+h=i~j")]
    [InlineData("auth0|5f7c8ec7c33c6c004bbafe82")]
    public async Task Every_letter_of_a_sub_is_taken(string sub) =>
        Assert.Equal(sub, (await Check(TestTokens.Hmac(TestTokens.Claims(sub))))?.UserId);

    [Fact]
    public async Task A_sub_has_at_most_128_letters()
    {
        Assert.NotNull(await Check(TestTokens.Hmac(TestTokens.Claims(new string('a', 128)))));
        Assert.Null(await Check(TestTokens.Hmac(TestTokens.Claims(new string('a', 129)))));
    }

    [Fact]
    public async Task A_number_as_sub_is_its_text()
    {
        var claims = TestTokens.Claims();
        claims["sub"] = 42;
        var identity = await Check(TestTokens.Hmac(claims));
        Assert.Equal("42", identity?.UserId);
        Assert.Equal("42", identity?.Name);
    }

    [Fact]
    public async Task All_claims_arrive()
    {
        var claims = TestTokens.Claims();
        claims["name"] = "Ann É";
        claims["rate"] = 55.5;
        claims["join"] = new JsonArray("lobby", "telemetry:p1", 7);
        claims["rooms"] = JsonNode.Parse("""{"news":["join"],"telemetry:*":["join","publish"]}""");
        var identity = await Check(TestTokens.Hmac(claims));
        Assert.NotNull(identity);
        Assert.Equal("Ann É", identity.Name);
        Assert.Equal(55.5, identity.EventsPerSecond);
        Assert.Equal(["lobby", "telemetry:p1", "7"], identity.JoinRooms.Select(room => room.Value));
        Assert.Equal(Rights.Join, identity.RightsIn(RoomName.Parse("news"), Namespaces.BuiltIn));
        Assert.Equal(Rights.Join | Rights.Publish, identity.RightsIn(RoomName.Parse("telemetry:p1"), Namespaces.BuiltIn));
        Assert.Equal(Rights.None, identity.RightsIn(RoomName.Parse("lobby"), Namespaces.BuiltIn));
        Assert.False(identity.IsGuest);
    }

    [Fact]
    public async Task Without_the_claim_rooms_the_namespaces_rights_hold()
    {
        var identity = await Check(TestTokens.Hmac(TestTokens.Claims()));
        Assert.Null(identity!.Grants);
        Assert.Equal(Rights.All, identity.RightsIn(RoomName.Parse("lobby"), Namespaces.BuiltIn));
    }

    [Theory]
    [InlineData("the-issuer", "the-audience", true)]
    [InlineData("another", "the-audience", false)]
    [InlineData("the-issuer", "another", false)]
    [InlineData(null, "the-audience", false)]
    [InlineData("the-issuer", null, false)]
    public async Task Issuer_and_audience_must_match_where_configured(string? issuer, string? audience, bool taken)
    {
        var claims = TestTokens.Claims();
        claims["iss"] = issuer;
        claims["aud"] = audience;
        Assert.Equal(taken, await Check(TestTokens.Hmac(claims), "the-issuer", "the-audience") is not null);
        Assert.NotNull(await Check(TestTokens.Hmac(claims)));
    }

    [Fact]
    public async Task One_of_several_audiences_is_enough()
    {
        var claims = TestTokens.Claims();
        claims["aud"] = new JsonArray("x", "the-audience");
        Assert.NotNull(await Check(TestTokens.Hmac(claims), audience: "the-audience"));
    }

    [Fact]
    public async Task A_changed_byte_breaks_the_token()
    {
        var token = TestTokens.Hmac(TestTokens.Claims());
        var payload = token.IndexOf('.', StringComparison.Ordinal) + 3;
        var changed = token[..payload] + (token[payload] == 'A' ? 'B' : 'A') + token[(payload + 1)..];
        Assert.Null(await Check(changed));
    }

    private ValueTask<Identity?> Check(string token, string? issuer = null, string? audience = null)
    {
        var hmac = VerificationKey.Hmac(Encoding.UTF8.GetBytes(TestTokens.Secret), kid: null)!;
        var jwks = JwksDocument.Parse(Encoding.UTF8.GetBytes(TestTokens.Jwks(TestTokens.Jwk(_rsa, "r"), TestTokens.Jwk(_ec, "e"))))!;
        var authenticator = new TokenAuthenticator(
            [new FixedKeys(new KeyRing([hmac])), new FixedKeys(jwks)], issuer, audience, _time, NullLogger<TokenAuthenticator>.Instance);
        return authenticator.Authenticate(token, CancellationToken.None);
    }
}
