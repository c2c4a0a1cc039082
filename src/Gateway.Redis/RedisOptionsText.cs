// Reads options from the one line that configuration gives. A value that is wrong is named, except the password's.

using System.Globalization;

namespace Gateway.Redis;

internal static class RedisOptionsText
{
    public static RedisOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var options = new RedisOptions();
        var seeds = new List<RedisEndpoint>();
        foreach (var part in text.Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                seeds.Add(Endpoint(part));
            else
                options = With(options, part[..equals], part[(equals + 1)..]);
        }

        if (seeds.Count == 0)
            throw new FormatException("The Redis address names no server: write host:port.");
        return options with { Seeds = seeds };
    }

    private static RedisOptions With(RedisOptions options, string name, string value) => name.ToUpperInvariant() switch
    {
        "USER" => options with { User = NotEmpty("user", value) },
        "PASSWORD" => options with { Password = NotEmpty("password", value) },
        "TLS" => options with { Tls = Flag(value) },
        "CA" or "TLSCAFILE" => options with { TlsCaFile = NotEmpty("ca", value) },
        // What stands before an equals sign may be a piece of a password that has a space in it, so it is not repeated.
        _ => throw new FormatException("The Redis address has a setting that is none of user, password, tls and ca."),
    };

    private static string NotEmpty(string name, string value) =>
        value.Length > 0 ? value : throw new FormatException($"The Redis address has an empty {name}=.");

    private static bool Flag(string value) =>
        bool.TryParse(value, out var flag) ? flag : throw new FormatException("The Redis address has a tls= that is neither true nor false.");

    private static RedisEndpoint Endpoint(string part)
    {
        var (host, port) = Split(part);
        if (host.Length == 0)
            throw new FormatException($"The Redis server '{part}' has no host.");
        if (port is null)
            return new RedisEndpoint(host, RedisEndpoint.DefaultPort);
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65_535)
            throw new FormatException($"The Redis server '{part}' has a port that is not 1 to 65535.");
        return new RedisEndpoint(host, number);
    }

    private static (string Host, string? Port) Split(string part)
    {
        if (part[0] == '[')
        {
            var close = part.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || (close + 1 < part.Length && part[close + 1] != ':'))
                throw new FormatException($"The Redis server '{part}' has a bracket that does not match.");
            return (part[1..close], close + 1 < part.Length ? part[(close + 2)..] : null);
        }

        var colon = part.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0 && part.IndexOf(':', colon + 1) >= 0)
            throw new FormatException($"The Redis server '{part}' has several colons: write an IPv6 address in brackets.");
        return colon < 0 ? (part, null) : (part[..colon], part[(colon + 1)..]);
    }
}
