// Checks a token and says who it is. Called by the upgrade and by the connections' command auth, on any thread.
// The token is never logged; what refused it is, at Debug.

using Gateway.Actors.Connections;

namespace Gateway.Host.Auth;

internal sealed partial class TokenAuthenticator(
    IReadOnlyList<IKeySource> sources, string? issuer, string? audience, TimeProvider time, ILogger<TokenAuthenticator> log)
    : ITokenAuthenticator
{
    private readonly ILogger<TokenAuthenticator> _log = log;

    public async ValueTask<Identity?> Authenticate(string token, CancellationToken cancellation)
    {
        if (SignedToken.Parse(token) is not { } signed)
            return Refuse("shape");
        if (signed.Algorithm is not ("HS256" or "HS384" or "HS512" or "RS256" or "ES256"))
            return Refuse("alg");
        if (!await Holds(signed, cancellation))
            return Refuse("signature");
        using var claims = SignedToken.ParseObject(signed.Payload);
        if (claims is null)
            return Refuse("payload");
        try
        {
            var (identity, refused) = TokenClaims.Read(claims.RootElement, issuer, audience, time.GetUtcNow());
            return identity ?? Refuse(refused!);
        }
        catch (InvalidOperationException)
        {
            // A string with a lone surrogate can't be decoded.
            return Refuse("payload");
        }
    }

    private static bool Holds(KeyRing[] rings, in SignedToken token)
    {
        foreach (var ring in rings)
        {
            foreach (var key in ring.Candidates(token.Algorithm, token.Kid))
            {
                if (key.Verify(token.Algorithm, token.Signed, token.Signature))
                    return true;
            }
        }

        return false;
    }

    /// <summary>A bad signature under a known key is bad; for a key that no source knew, the sources look again.</summary>
    private async ValueTask<bool> Holds(SignedToken token, CancellationToken cancellation)
    {
        var rings = Rings();
        if (Holds(rings, token))
            return true;
        if (rings.Any(ring => ring.Candidates(token.Algorithm, token.Kid).Any(key => token.Kid is not null && key.Kid == token.Kid)))
            return false;
        foreach (var source in sources)
            await source.Refresh(cancellation);
        // Newer than those looked in, whoever fetched them.
        var newer = Rings();
        return !newer.SequenceEqual(rings) && Holds(newer, token);
    }

    private KeyRing[] Rings() => [.. sources.Select(source => source.Current)];

    private Identity? Refuse(string because)
    {
        Refused(because);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A token was refused by its {Part}.")]
    private partial void Refused(string part);
}
