// The keys of backends. A presented key is compared with each in constant time, by hashes, so that neither its length nor how much of it
// is right can be told from the answer's time.

using System.Security.Cryptography;
using System.Text;
using Gateway.Host.Auth;

namespace Gateway.Host.Api;

internal sealed class ApiKeys(IEnumerable<string> keys)
{
    private readonly byte[][] _hashes = keys.Select(Hash).ToArray();

    /// <summary>Always false where no keys are configured.</summary>
    public bool Allow(HttpRequest request)
    {
        var presented = Hash(HandshakeToken.FromHeader(request) ?? "");
        var found = false;
        foreach (var hash in _hashes)
            found |= CryptographicOperations.FixedTimeEquals(hash, presented);
        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
