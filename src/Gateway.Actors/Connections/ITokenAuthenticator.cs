// Turns a token into an identity. The host implements it; the connection actor asks it for the command auth.

namespace Gateway.Actors.Connections;

public interface ITokenAuthenticator
{
    /// <summary>Null: refused, for whatever reason. Never throws on account of the token's content.</summary>
    ValueTask<Identity?> Authenticate(string token, CancellationToken cancellation);
}
