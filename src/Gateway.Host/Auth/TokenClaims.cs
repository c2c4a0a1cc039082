// Makes an identity of the claims of a token whose signature holds. Every claim that is there must have its right shape:
// a token that can't be read as it was meant is refused as a whole. Never throws.

using System.Text.Json;
using Gateway.Actors.Connections;
using Gateway.Actors.Policy;
using Gateway.Host.Options;
using Gateway.Protocol;

namespace Gateway.Host.Auth;

internal static class TokenClaims
{
    /// <summary>On nbf and iat only; exp has none.</summary>
    private const double LeewaySeconds = 60;

    /// <returns>The identity, or the claim that refused it.</returns>
    public static (Identity? Identity, string? Refused) Read(JsonElement claims, string? issuer, string? audience, DateTimeOffset now)
    {
        if (Refusal(claims, issuer, audience, now) is { } refused)
            return (null, refused);
        if (ReadSubject(claims) is not { } subject)
            return (null, "sub");
        if (!TryReadName(claims, out var name))
            return (null, "name");
        if (!TryReadRate(claims, out var rate))
            return (null, "rate");
        if (!TryReadJoin(claims, out var join))
            return (null, "join");
        if (!TryReadGrants(claims, out var grants))
            return (null, "rooms");
        return (new Identity
        {
            UserId = subject,
            Name = name ?? subject,
            ExpiresAt = ToTime(claims.GetProperty("exp").GetDouble()),
            Grants = grants,
            JoinRooms = join,
            EventsPerSecond = rate,
        }, null);
    }

    private static string? Refusal(JsonElement claims, string? issuer, string? audience, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeMilliseconds() / 1000.0;
        if (!TryReadSeconds(claims, "exp", out var expires) || expires is not { } end || seconds >= end)
            return "exp";
        if (!TryReadSeconds(claims, "nbf", out var notBefore) || notBefore > seconds + LeewaySeconds)
            return "nbf";
        if (!TryReadSeconds(claims, "iat", out var issued) || issued > seconds + LeewaySeconds)
            return "iat";
        if (issuer is not null && !(Find(claims, "iss") is { ValueKind: JsonValueKind.String } iss && iss.ValueEquals(issuer)))
            return "iss";
        return audience is null || HasAudience(claims, audience) ? null : "aud";
    }

    private static bool HasAudience(JsonElement claims, string audience) => Find(claims, "aud") switch
    {
        { ValueKind: JsonValueKind.String } one => one.ValueEquals(audience),
        { ValueKind: JsonValueKind.Array } many =>
            many.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(audience)),
        _ => false,
    };

    private static string? ReadSubject(JsonElement claims)
    {
        var subject = Find(claims, "sub") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => null,
        };
        return subject is not null && UserId.IsValid(subject) && !subject.StartsWith(UserId.GuestPrefix, StringComparison.Ordinal) ? subject : null;
    }

    private static bool TryReadName(JsonElement claims, out string? name)
    {
        name = null;
        if (Find(claims, "name") is not { } value)
            return true;
        if (value.ValueKind != JsonValueKind.String)
            return false;
        name = DisplayName.Sanitize(value.GetString());
        return true;
    }

    private static bool TryReadRate(JsonElement claims, out double? rate)
    {
        rate = null;
        if (Find(claims, "rate") is not { } value)
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number) || number <= 0)
            return false;
        rate = number;
        return true;
    }

    private static bool TryReadJoin(JsonElement claims, out IReadOnlyList<RoomName> rooms)
    {
        var list = new List<RoomName>();
        rooms = list;
        if (Find(claims, "join") is not { } value)
            return true;
        if (value.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var entry in value.EnumerateArray())
        {
            var text = entry.ValueKind switch
            {
                JsonValueKind.String => entry.GetString(),
                JsonValueKind.Number when entry.TryGetInt64(out _) => entry.GetRawText(),
                _ => null,
            };
            if (!RoomName.TryParse(text, out var room))
                return false;
            if (!list.Contains(room))
                list.Add(room);
        }

        return true;
    }

    private static bool TryReadGrants(JsonElement claims, out RoomGrants? grants)
    {
        grants = null;
        if (Find(claims, "rooms") is not { } value)
            return true;
        if (value.ValueKind != JsonValueKind.Object)
            return false;
        var entries = new List<KeyValuePair<string, Rights>>();
        foreach (var entry in value.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Array)
                return false;
            var rights = Rights.None;
            foreach (var name in entry.Value.EnumerateArray())
            {
                if (name.ValueKind != JsonValueKind.String || !RightNames.TryParse(name.GetString(), out var right))
                    return false;
                rights |= right;
            }

            entries.Add(new(entry.Name, rights));
        }

        grants = RoomGrants.Create(entries);
        return grants is not null;
    }

    /// <summary>A NumericDate (RFC 7519 §2), which may have a fraction. False where it is there and is no number.</summary>
    private static bool TryReadSeconds(JsonElement claims, string name, out double? seconds)
    {
        seconds = null;
        if (Find(claims, name) is not { } value)
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
            return false;
        seconds = number;
        return true;
    }

    private static DateTimeOffset ToTime(double seconds) =>
        seconds >= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.MaxValue
            : DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000));

    /// <summary>A claim that is null counts as not there.</summary>
    private static JsonElement? Find(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
