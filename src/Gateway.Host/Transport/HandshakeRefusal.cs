// Writes a refused handshake as RFC 9457 problem details.

using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Host.Transport;

internal static class HandshakeRefusal
{
    public static async Task Write(HttpContext context, HandshakeDecision.Refused refusal)
    {
        var response = context.Response;
        response.StatusCode = refusal.Status;
        response.ContentType = "application/problem+json";
        if (refusal.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (refusal.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        var body = Body(refusal);
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static ReadOnlyMemory<byte> Body(HandshakeDecision.Refused refusal)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("type"u8, "about:blank"u8);
        json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(refusal.Status));
        json.WriteNumber("status"u8, refusal.Status);
        json.WriteString("detail"u8, refusal.Detail);
        json.WriteString("code"u8, refusal.Code);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
