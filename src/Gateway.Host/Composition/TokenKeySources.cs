// Makes the sources of verification keys that the configuration names; there may be several at once, as while keys are moved.

using System.Text;
using Gateway.Host.Auth;
using Gateway.Host.Options;

namespace Gateway.Host.Composition;

internal static class TokenKeySources
{
    public static IReadOnlyList<IKeySource> Create(AuthOptions auth, TimeProvider time, ILoggerFactory logs)
    {
        var sources = new List<IKeySource>();
        if (!string.IsNullOrEmpty(auth.SigningKey) && VerificationKey.Hmac(Encoding.UTF8.GetBytes(auth.SigningKey), kid: null) is { } secret)
            sources.Add(new FixedKeys(new KeyRing([secret])));
        if (!string.IsNullOrEmpty(auth.JwksFile))
            sources.Add(new JwksFileKeys(auth.JwksFile, logs.CreateLogger<JwksFileKeys>()));
        if (!string.IsNullOrEmpty(auth.JwksUrl))
        {
            var handler = new SocketsHttpHandler { MaxAutomaticRedirections = 3, PooledConnectionLifetime = JwksUrlKeys.MaxAge };
            var keys = new JwksUrlKeys(new Uri(auth.JwksUrl), handler, time, logs.CreateLogger<JwksUrlKeys>());
            // The first fetch begins now and is waited for by nobody: the start must not hang on another's server.
            _ = keys.Current;
            sources.Add(keys);
        }

        return sources;
    }
}
