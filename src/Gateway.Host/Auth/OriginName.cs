// Origins (RFC 6454) in one spelling, for comparison: scheme, host and port, without the scheme's default port.

namespace Gateway.Host.Auth;

internal static class OriginName
{
    /// <summary>Null where the text is no origin of the web.</summary>
    public static string? Normalize(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return null;
        if (uri.PathAndQuery != "/" || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            return null;
        return uri.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>Does the origin's host and port equal the request's <c>Host</c>? The scheme may differ: a proxy may end TLS before us.</summary>
    public static bool IsHost(string origin, HostString host)
    {
        if (!host.HasValue || Normalize(origin) is null || !Uri.TryCreate(origin, UriKind.Absolute, out var uri))
            return false;
        if (!uri.IdnHost.Equals(host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase)
            && !uri.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return host.Port is { } port ? port == uri.Port : uri.IsDefaultPort;
    }
}
