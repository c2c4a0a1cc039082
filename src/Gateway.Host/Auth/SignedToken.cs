// The compact form of a signed token (RFC 7515 §7.1), split and checked for shape before any key is touched. Takes peer input; never throws.

using System.Text;
using System.Text.Json;

namespace Gateway.Host.Auth;

internal readonly record struct SignedToken(string Algorithm, string? Kid, byte[] Signed, byte[] Signature, byte[] Payload)
{
    /// <summary>Longer ones are refused unread: a claim "rooms" of some hundred rooms fits.</summary>
    public const int MaxChars = 8 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Null where it is no signed token at all, or demands an extension (crit) that we don't know.</summary>
    public static SignedToken? Parse(string token)
    {
        // Every header is an object, so begins with the encoding of '{': most rubbish ends here.
        if (token.Length is 0 or > MaxChars || token[0] != 'e')
            return null;
        var first = token.IndexOf('.', StringComparison.Ordinal);
        var second = first < 0 ? -1 : token.IndexOf('.', first + 1);
        if (second < 0 || token.IndexOf('.', second + 1) >= 0)
            return null;
        if (Base64Text.Decode(token.AsSpan(0, first)) is not { } header
            || Base64Text.Decode(token.AsSpan(first + 1, second - first - 1)) is not { } payload
            || Base64Text.Decode(token.AsSpan(second + 1)) is not { Length: > 0 } signature)
        {
            return null;
        }

        using var document = ParseObject(header);
        if (document is null || document.RootElement.TryGetProperty("crit", out _) || Text(document, "alg") is not { } algorithm)
            return null;
        return new SignedToken(algorithm, Text(document, "kid"), Encoding.ASCII.GetBytes(token[..second]), signature, payload);
    }

    private static string? Text(JsonDocument document, string name)
    {
        try
        {
            return document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // A string with a lone surrogate can't be decoded.
            return null;
        }
    }

    /// <summary>Null where the text is no JSON object, or has a member twice.</summary>
    public static JsonDocument? ParseObject(byte[] json)
    {
        try
        {
            var document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
