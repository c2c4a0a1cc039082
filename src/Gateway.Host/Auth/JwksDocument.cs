// Reads a JSON Web Key Set (RFC 7517). Keys of other kinds, uses or sizes are left out; a text that is no key set gives null.

using System.Text.Json;

namespace Gateway.Host.Auth;

internal static class JwksDocument
{
    public const int MaxBytes = 256 * 1024;
    private const int MaxKeys = 100;

    public static KeyRing? Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes)
            return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
            {
                return null;
            }

            return new KeyRing(keys.EnumerateArray().Take(MaxKeys).Select(ReadKey).OfType<VerificationKey>().ToList());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static VerificationKey? ReadKey(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || Text(key, "use") is not (null or "sig"))
            return null;
        var kid = Text(key, "kid");
        var algorithm = Text(key, "alg");
        return Text(key, "kty") switch
        {
            "RSA" when Text(key, "n") is { } n && Text(key, "e") is { } e => VerificationKey.Rsa(n, e, kid, algorithm),
            "EC" when Text(key, "crv") == "P-256" && Text(key, "x") is { } x && Text(key, "y") is { } y =>
                VerificationKey.P256(x, y, kid, algorithm),
            "oct" when Text(key, "k") is { } k && Base64Text.Decode(k) is { } secret => VerificationKey.Hmac(secret, kid, algorithm),
            _ => null,
        };
    }

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
