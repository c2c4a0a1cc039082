// An authority made for one test, and a server certificate of it, as PEM files in a folder of their own.

using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Redis.Tests.Servers;

internal sealed class Certificates : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-certificates-").FullName;

    /// <param name="address">What the server certificate is for.</param>
    public Certificates(IPAddress address)
    {
        var now = DateTimeOffset.UtcNow;
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authorityCertificate = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var server = new CertificateRequest("CN=redis", serverKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        server.CertificateExtensions.Add(names.Build());
        using var serverCertificate = server.Create(authorityCertificate, now.AddDays(-1), now.AddHours(12), [1, 2, 3, 4]);

        File.WriteAllText(Authority, authorityCertificate.ExportCertificatePem());
        File.WriteAllText(Server, serverCertificate.ExportCertificatePem());
        File.WriteAllText(Key, serverKey.ExportPkcs8PrivateKeyPem());
    }

    public string Authority => Path.Combine(_folder, "ca.pem");

    public string Server => Path.Combine(_folder, "server.pem");

    public string Key => Path.Combine(_folder, "server.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
