// Makes connections: socket, TLS, HELLO, and what the process says of itself. What a configuration has wrong is told apart from what may pass.

using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Redis.Resp;

namespace Gateway.Redis.Connections;

internal sealed class Dialer(RedisOptions options, TimeProvider time)
{
    private readonly FrameLimits _limits = FrameLimits.Of(options);
    private readonly Lazy<X509ChainPolicy?> _trust = new(() => Trust(options.TlsCaFile));

    public TimeProvider Time => time;

    /// <summary>Reads the file of trusted certificates, so that a start with a wrong one fails by its name.</summary>
    /// <exception cref="RedisStartException">It cannot be used.</exception>
    public void CheckTrust() => _ = options.Tls ? _trust.Value : null;

    public TimeSpan Timeout { get; } = TimeSpan.FromMilliseconds(options.ConnectTimeoutMs);

    /// <exception cref="LinkException">It may work later.</exception>
    /// <exception cref="RedisStartException">It cannot work with this configuration or server.</exception>
    public async Task<(Link Link, ServerFacts Facts)> Dial(RedisEndpoint endpoint, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        Link? link = null;
        try
        {
            link = await Open(endpoint, both.Token).ConfigureAwait(false);
            var facts = await Handshake.Greet(link, options, both.Token).ConfigureAwait(false);
            return (link, facts);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            link?.Dispose();
            throw new LinkException($"{endpoint} did not answer within {options.ConnectTimeoutMs} ms");
        }
        catch
        {
            link?.Dispose();
            throw;
        }
    }

    private async Task<Link> Open(RedisEndpoint endpoint, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, ct).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Tls)
                stream = await Encrypt(stream, endpoint, ct).ConfigureAwait(false);
            return new Link(socket, stream, endpoint, _limits, time);
        }
        catch (Exception exception)
        {
            socket.Dispose();
            throw exception switch
            {
                OperationCanceledException or RedisStartException => exception,
                AuthenticationException => new RedisStartException(
                    $"The certificate of {endpoint} is not accepted: name the authority that signed it with ca=…, and connect by a name that it bears. {exception.Message}", exception),
                // Topologies and redirects may name what is no address at all.
                _ when exception is ArgumentException || Link.IsOfConnection(exception) => new LinkException($"{endpoint} cannot be reached: {exception.Message}", exception),
                _ => exception,
            };
        }
    }

    private async Task<Stream> Encrypt(Stream stream, RedisEndpoint endpoint, CancellationToken ct)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        var client = new SslClientAuthenticationOptions { TargetHost = endpoint.Host, CertificateChainPolicy = _trust.Value?.Clone() };
        await encrypted.AuthenticateAsClientAsync(client, ct).ConfigureAwait(false);
        return encrypted;
    }

    private static X509ChainPolicy? Trust(string? file)
    {
        if (file is null)
            return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new RedisStartException($"The file of trusted certificates '{file}' cannot be read: {exception.Message}", exception);
        }

        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new RedisStartException($"The file '{file}' has no certificate in it: ca=… wants a PEM file.");
    }
}
