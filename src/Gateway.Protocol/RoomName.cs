// A room's canonical name: "lobby" (namespace chat, written without its prefix) or "telemetry:p1".
// Only TryParse makes one from peer input, so a RoomName that exists is valid.

using System.Buffers;

namespace Gateway.Protocol;

public readonly record struct RoomName
{
    public const string ChatNamespace = "chat";
    public const string UserNamespace = "user";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:@");

    private RoomName(string value) => Value = value;

    /// <summary>The name as the server writes it.</summary>
    public string Value { get; }

    public string Namespace
    {
        get
        {
            var colon = Value.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? ChatNamespace : Value[..colon];
        }
    }

    /// <summary>The part behind the namespace.</summary>
    public string LocalName => Value[(Value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    public bool IsUserRoom => Value.StartsWith("user:", StringComparison.Ordinal);

    /// <summary>The full name with its namespace, as the keys of the claim <c>rooms</c> see it.</summary>
    public string Qualified => Value.Contains(':', StringComparison.Ordinal) ? Value : "chat:" + Value;

    public static bool TryParse(string? text, out RoomName room)
    {
        room = default;
        if (string.IsNullOrEmpty(text) || text.Length > ProtocolLimits.RoomNameChars)
            return false;

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon == 0 || colon == text.Length - 1)
            return false;

        if (colon > 0 && text.AsSpan(0, colon) is UserNamespace)
        {
            if (!UserId.IsValid(text.AsSpan(colon + 1)))
                return false;
        }
        else if (text.AsSpan().ContainsAnyExcept(Allowed))
        {
            return false;
        }

        if (colon > 0 && text.AsSpan(0, colon) is ChatNamespace)
        {
            text = text[(colon + 1)..];
            if (text.Contains(':', StringComparison.Ordinal))
                return false;
        }

        room = new RoomName(text);
        return true;
    }

    /// <summary>The own room of a user whose id is known to be valid.</summary>
    public static RoomName OfUser(string userId) => new("user:" + userId);

    /// <summary>For names that our own code or a test wrote down.</summary>
    public static RoomName Parse(string text) =>
        TryParse(text, out var room) ? room : throw new ArgumentException("Not a room name.", nameof(text));

    public override string ToString() => Value;
}
