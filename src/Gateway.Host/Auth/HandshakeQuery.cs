// What the URL of an upgrade request says: rooms, session, history. Takes peer input; never throws.

using System.Globalization;
using Gateway.Actors.Connections;
using Gateway.Protocol;

namespace Gateway.Host.Auth;

internal sealed record HandshakeQuery
{
    /// <summary>In the order in which a room counts as the connection's default.</summary>
    private static readonly string[] RoomFields = ["room", "roomId", "chatId", "conversationId"];

    public IReadOnlyList<RoomName> Rooms { get; private init; } = [];

    public string? Session { get; private init; }

    public int? History { get; private init; }

    /// <summary>What was not understood: the client is told in words it can read, which a browser's can't do with an HTTP status.</summary>
    public IReadOnlyList<UrlFault> Faults { get; private init; } = [];

    public static HandshakeQuery Parse(HttpRequest request)
    {
        var rooms = new List<RoomName>();
        var faults = new List<UrlFault>();
        var names = RoomFields.SelectMany(field => request.Query[field]);
        if (PathName(request.Path) is { } name)
            names = names.Prepend(name);
        foreach (var text in names)
        {
            if (!RoomName.TryParse(text, out var room))
                Add(faults, new UrlFault(ErrorCode.BadRoom, "A room in the URL is not a room name.", "room"));
            else if (!rooms.Contains(room))
                rooms.Add(room);
        }

        int? history = null;
        if (request.Query["history"].FirstOrDefault() is { } number)
        {
            if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                history = count;
            else
                Add(faults, new UrlFault(ErrorCode.BadFrame, "In the URL, history must be a whole number, 0 or above.", "history"));
        }

        return new HandshakeQuery { Rooms = rooms, Session = ReadSession(request), History = history, Faults = faults };
    }

    /// <summary>Each once, however often the URL repeats it.</summary>
    private static void Add(List<UrlFault> faults, UrlFault fault)
    {
        if (!faults.Contains(fault))
            faults.Add(fault);
    }

    /// <summary>What follows the endpoint's name in <c>/ws/NAME</c>; null where nothing does.</summary>
    private static string? PathName(PathString path)
    {
        var text = path.Value ?? "";
        var slash = text.IndexOf('/', Math.Min(1, text.Length));
        return slash < 0 || slash == text.Length - 1 ? null : text[(slash + 1)..].TrimEnd('/');
    }

    /// <summary>A text that can't be a session's id is an unknown session, which is no error.</summary>
    private static string? ReadSession(HttpRequest request)
    {
        var session = request.Query["session"].FirstOrDefault();
        return string.IsNullOrEmpty(session) || session.Length > ProtocolLimits.IdChars
            || !session.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? null
            : session;
    }
}
