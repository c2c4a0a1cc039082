// One key that tokens may be signed with. It serves the algorithms of its own kind and no other: that is what keeps a public RSA key
// from being taken as an HMAC secret. Immutable, used by any thread.

using Microsoft.IdentityModel.Tokens;

namespace Gateway.Host.Auth;

internal sealed class VerificationKey
{
    public const int MinimumHmacBytes = 32;

    /// <summary>RFC 7518 §3.3.</summary>
    public const int MinimumRsaBytes = 2048 / 8;

    private const int P256CoordinateBytes = 32;

    private static readonly string[] HmacAlgorithms = ["HS256", "HS384", "HS512"];
    private static readonly string[] RsaAlgorithms = ["RS256"];
    private static readonly string[] EcAlgorithms = ["ES256"];

    private readonly Dictionary<string, SignatureProvider> _providers = new(StringComparer.Ordinal);

    private VerificationKey(string? kid) => Kid = kid;

    /// <summary>Null: fits any token of its kind.</summary>
    public string? Kid { get; }

    public bool Serves(string algorithm) => _providers.ContainsKey(algorithm);

    public bool Verify(string algorithm, byte[] signed, byte[] signature) =>
        _providers.TryGetValue(algorithm, out var provider) && provider.Verify(signed, signature);

    /// <summary>Null where the key is too short, malformed or of a kind that is not served.</summary>
    public static VerificationKey? Hmac(byte[] secret, string? kid, string? onlyAlgorithm = null) =>
        secret.Length >= MinimumHmacBytes ? Create(new SymmetricSecurityKey(secret), kid, HmacAlgorithms, onlyAlgorithm) : null;

    public static VerificationKey? Rsa(string modulus, string exponent, string? kid, string? onlyAlgorithm)
    {
        if (Base64Text.Decode(modulus)?.Length is not >= MinimumRsaBytes || Base64Text.Decode(exponent) is null or [])
            return null;
        return Create(new JsonWebKey { Kty = "RSA", N = modulus, E = exponent }, kid, RsaAlgorithms, onlyAlgorithm);
    }

    public static VerificationKey? P256(string x, string y, string? kid, string? onlyAlgorithm)
    {
        if (Base64Text.Decode(x)?.Length != P256CoordinateBytes || Base64Text.Decode(y)?.Length != P256CoordinateBytes)
            return null;
        return Create(new JsonWebKey { Kty = "EC", Crv = "P-256", X = x, Y = y }, kid, EcAlgorithms, onlyAlgorithm);
    }

    private static VerificationKey? Create(SecurityKey key, string? kid, string[] algorithms, string? onlyAlgorithm)
    {
        // Without the library's cache: it goes by the key's id, and a rotated key may bear the id of its forerunner.
        var factory = new CryptoProviderFactory { CacheSignatureProviders = false };
        var made = new VerificationKey(kid);
        try
        {
            foreach (var algorithm in algorithms)
            {
                if (onlyAlgorithm is null || onlyAlgorithm == algorithm)
                    made._providers[algorithm] = factory.CreateForVerifying(key, algorithm);
            }
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException or InvalidOperationException
            or System.Security.Cryptography.CryptographicException or System.Reflection.TargetInvocationException)
        {
            return null;
        }

        return made._providers.Count > 0 ? made : null;
    }
}
