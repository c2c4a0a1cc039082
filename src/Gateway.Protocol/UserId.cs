// What the id of a user may look like (the claim sub, and ids in API paths).

using System.Buffers;

namespace Gateway.Protocol;

public static class UserId
{
    /// <summary>The ids of guests begin so; a token's sub may not.</summary>
    public const string GuestPrefix = "guest:";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:@|+=~");

    public static bool IsValid(ReadOnlySpan<char> id) =>
        id.Length is > 0 and <= ProtocolLimits.UserIdChars && !id.ContainsAnyExcept(Allowed);
}
