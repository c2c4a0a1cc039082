// Finds the token of an upgrade request: the header, else a subprotocol "bearer.JWT", else "?token=". The first present decides,
// also where it is empty or bad. The token goes nowhere but to the authenticator.

using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Auth;

internal static class HandshakeToken
{
    private const string HeaderScheme = "Bearer ";
    private const string SubprotocolPrefix = "bearer.";

    /// <summary>Null: none was presented.</summary>
    public static string? Find(HttpRequest request) =>
        FromHeader(request) ?? FromSubprotocols(request) ?? FromQuery(request);

    /// <summary>Another scheme (a proxy's own, say) is not ours to judge and counts as none.</summary>
    public static string? FromHeader(HttpRequest request)
    {
        foreach (var value in request.Headers[HeaderNames.Authorization])
        {
            if (value is not null && (value + " ").StartsWith(HeaderScheme, StringComparison.OrdinalIgnoreCase))
                return value.Length > HeaderScheme.Length ? value[HeaderScheme.Length..].Trim() : "";
        }

        return null;
    }

    private static string? FromSubprotocols(HttpRequest request)
    {
        foreach (var offered in request.Headers.GetCommaSeparatedValues(HeaderNames.SecWebSocketProtocol))
        {
            if (offered.StartsWith(SubprotocolPrefix, StringComparison.Ordinal))
                return offered[SubprotocolPrefix.Length..];
        }

        return null;
    }

    private static string? FromQuery(HttpRequest request) =>
        request.Query.TryGetValue("token", out var values) ? values.FirstOrDefault() ?? "" : null;
}
