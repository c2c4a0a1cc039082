// The opening handshake's rules (RFC 6455 §4.2): what a request must look like, and what it is answered with. Pure; says nothing about who may connect.

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Transport;

internal static class WebSocketHandshake
{
    private const string Version = "13";
    private const int KeyBytes = 16;

    /// <summary>The GUID that RFC 6455 §1.3 appends to the client's key.</summary>
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Null: a proper handshake. Else what to refuse it with; the headers that say what would be right are set on the response.</summary>
    public static HandshakeDecision.Refused? Check(HttpContext context)
    {
        var request = context.Request;
        var upgradable = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && HttpProtocol.IsHttp11(request.Protocol);
        if (!upgradable || !HasToken(request.Headers.Upgrade, "websocket"))
        {
            context.Response.Headers.Upgrade = "websocket";
            return Refuse(StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket over HTTP/1.1.");
        }

        if (request.Headers.SecWebSocketVersion is not [Version])
        {
            context.Response.Headers.SecWebSocketVersion = Version;
            return Refuse(StatusCodes.Status426UpgradeRequired, "Sec-WebSocket-Version must be 13.");
        }

        return IsKey(request.Headers.SecWebSocketKey)
            ? null
            : Refuse(StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be 16 bytes in base64.");
    }

    /// <summary>Sets the headers of the 101. Extensions are declined by saying nothing of them; of the subprotocols only ours is ever echoed.</summary>
    public static void Answer(HttpContext context, string subprotocol)
    {
        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Accept(context.Request.Headers.SecWebSocketKey.ToString());
        if (HasToken(context.Request.Headers[HeaderNames.SecWebSocketProtocol], subprotocol, StringComparison.Ordinal))
            headers[HeaderNames.SecWebSocketProtocol] = subprotocol;
    }

    // SHA-1 is what the RFC asks for; nothing rests on its strength.
#pragma warning disable CA5350
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350

    private static bool IsKey(StringValues header) =>
        header is [{ } key] && Base64.IsValid(key, out var bytes) && bytes == KeyBytes && !key.AsSpan().ContainsAny(' ', '\t');

    private static bool HasToken(StringValues header, string wanted, StringComparison comparison = StringComparison.OrdinalIgnoreCase)
    {
        foreach (var line in header)
        {
            var text = line.AsSpan();
            foreach (var range in text.Split(','))
            {
                if (text[range].Trim().Equals(wanted, comparison))
                    return true;
            }
        }

        return false;
    }

    private static HandshakeDecision.Refused Refuse(int status, string detail) => new(status, "bad_handshake", detail);
}
