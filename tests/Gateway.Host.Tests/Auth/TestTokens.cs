// Signs tokens by the framework's own primitives, so that the gateway's reading is checked against something it does not use.

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Host.Tests.Auth;

internal static class TestTokens
{
    public const string Secret = "0123456789abcdef0123456789abcdef";

    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Made once: keys of this size take a while.</summary>
    public static readonly RSA FirstRsa = RSA.Create(2048);

    public static readonly RSA SecondRsa = RSA.Create(2048);

    public static readonly ECDsa FirstEc = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static long Unix(int seconds) => Now.ToUnixTimeSeconds() + seconds;

    public static JsonObject Claims(string? sub = "u1") => new() { ["sub"] = sub, ["exp"] = Unix(600) };

    public static string Hmac(JsonObject claims, string algorithm = "HS256", string secret = Secret, string? kid = null)
    {
        var signed = Signed(algorithm, kid, claims.ToJsonString());
        return signed + "." + Encode(Hash(algorithm, Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)));
    }

    public static string Hmac(string header, string payload, string secret = Secret)
    {
        var signed = Encode(Encoding.UTF8.GetBytes(header)) + "." + Encode(Encoding.UTF8.GetBytes(payload));
        return signed + "." + Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)));
    }

    public static string Rsa(JsonObject claims, RSA key, string? kid = null, string algorithm = "RS256")
    {
        var signed = Signed(algorithm, kid, claims.ToJsonString());
        return signed + "." + Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public static string Ec(JsonObject claims, ECDsa key, string? kid = null)
    {
        var signed = Signed("ES256", kid, claims.ToJsonString());
        return signed + "." + Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    public static string Jwk(RSA key, string? kid)
    {
        var parameters = key.ExportParameters(false);
        return JsonSerializer.Serialize(new { kty = "RSA", kid, use = "sig", n = Encode(parameters.Modulus!), e = Encode(parameters.Exponent!) });
    }

    public static string Jwk(ECDsa key, string? kid)
    {
        var parameters = key.ExportParameters(false);
        return JsonSerializer.Serialize(new { kty = "EC", crv = "P-256", kid, x = Encode(parameters.Q.X!), y = Encode(parameters.Q.Y!) });
    }

    public static string Jwks(params string[] keys) => "{\"keys\":[" + string.Join(',', keys) + "]}";

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static string Signed(string algorithm, string? kid, string payload)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (kid is not null)
            header["kid"] = kid;
        return Encode(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + Encode(Encoding.UTF8.GetBytes(payload));
    }

    private static byte[] Hash(string algorithm, byte[] key, byte[] text) => algorithm switch
    {
        "HS384" => HMACSHA384.HashData(key, text),
        "HS512" => HMACSHA512.HashData(key, text),
        _ => HMACSHA256.HashData(key, text),
    };
}
