// How to reach Redis, and the bounds of every connection. Its text never contains the password.

using System.Text;

namespace Gateway.Redis;

public sealed record RedisOptions
{
    public IReadOnlyList<RedisEndpoint> Seeds { get; init; } = [];

    public string? User { get; init; }

    public string? Password { get; init; }

    public bool Tls { get; init; }

    /// <summary>A PEM file whose certificates are trusted in place of the system's; null: the system's.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary>For the socket, TLS and the handshake together.</summary>
    public int ConnectTimeoutMs { get; init; } = 1500;

    public int CommandTimeoutMs { get; init; } = 1500;

    /// <summary>Commands of one connection that wait to be written or answered.</summary>
    public int MaxInFlight { get; init; } = 65_536;

    /// <summary>Bytes of one connection that wait to be written.</summary>
    public int MaxQueuedBytes { get; init; } = 64 * 1024 * 1024;

    public int MaxBulkBytes { get; init; } = 16 * 1024 * 1024;

    public int MaxDepth { get; init; } = 16;

    public int ReconnectMinMs { get; init; } = 50;

    public int ReconnectMaxMs { get; init; } = 1000;

    /// <summary>Reads <c>host:port,host:port user=… password=… tls=true ca=…</c>, separated by commas or white space.</summary>
    /// <exception cref="FormatException">It names the part that is wrong, and never the password.</exception>
    public static RedisOptions Parse(string text) => RedisOptionsText.Parse(text);

    private bool PrintMembers(StringBuilder text)
    {
        text.Append("Seeds = ").AppendJoin(',', Seeds).Append(", User = ").Append(User).Append(", Tls = ").Append(Tls);
        return true;
    }
}
