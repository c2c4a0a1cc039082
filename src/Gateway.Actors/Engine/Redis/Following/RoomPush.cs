// One push on a room's channel, read. A push that can't be read is none: what it said is found out by reading the room.
//     E change seq ts epoch SP body       a stored event
//     P change version kind reason count ts user SP name     presence: + joined, - left, = counted and not told
//     C change status seq user            a cursor
//     Z change epoch                      the history was forgotten
//     R ts SP body                        an event that is not stored
//     S SP body                           a signal

using System.Buffers.Text;
using System.Text;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Redis.Following;

internal enum PushKind
{
    Event,
    Presence,
    Cursor,
    Forgotten,
    Passing,
}

/// <param name="Change">The partition's change number; 0 of what passes.</param>
/// <param name="Epoch">Of an event, and the new one after a forgetting.</param>
/// <param name="Version">Of presence.</param>
/// <param name="Event">Of an event.</param>
/// <param name="Notice">Of the others, where there is something to tell.</param>
internal readonly record struct RoomPush(
    PushKind Kind, long Change, string? Epoch = null, long Version = 0, RoomEvent? Event = null, RoomNotice? Notice = null)
{
    public static RoomPush? Read(RoomName room, ReadOnlyMemory<byte> payload)
    {
        if (payload.Length < 2 || payload.Span[1] != ' ')
            return null;
        var kind = payload.Span[0];
        var rest = payload[2..];
        return kind switch
        {
            (byte)'E' => ReadEvent(room, rest),
            (byte)'P' => TryNumber(ref rest, out var change) ? ReadPresence(change, rest) : null,
            (byte)'C' => ReadCursor(rest),
            (byte)'Z' => TryNumber(ref rest, out var change) ? new RoomPush(PushKind.Forgotten, change, Text(rest)) : null,
            (byte)'R' => ReadRelayed(room, rest),
            (byte)'S' => SignalCodec.Decode(rest) is { } signal ? new RoomPush(PushKind.Passing, 0, Notice: signal) : null,
            _ => null,
        };
    }

    /// <summary>A presence change as the room's presence log has it.</summary>
    public static RoomPush? ReadPresence(long change, ReadOnlyMemory<byte> rest)
    {
        if (!TryNumber(ref rest, out var version) || !TryWord(ref rest, out var kind) || !TryWord(ref rest, out var reason)
            || !TryNumber(ref rest, out var count) || !TryNumber(ref rest, out var at) || !TryWord(ref rest, out var user))
            return null;
        if (kind == "=")
            return new RoomPush(PushKind.Presence, change, Version: version);
        var left = reason switch
        {
            "T" => LeaveReason.Timeout,
            "K" => LeaveReason.Kicked,
            _ => LeaveReason.Left,
        };
        var told = new PresenceChanged(version, user, Text(rest), kind == "+", left, DateTimeOffset.FromUnixTimeMilliseconds(at), (int)count);
        return new RoomPush(PushKind.Presence, change, Version: version, Notice: told);
    }

    /// <param name="name">Status and user id, as a field of the room's cursors.</param>
    public static CursorMoved? ReadCursor(string name, long seq) => name.Length < 2 ? null : name[0] switch
    {
        'd' => new CursorMoved(name[1..], ReceiptStatus.Delivered, seq),
        'r' => new CursorMoved(name[1..], ReceiptStatus.Read, seq),
        _ => null,
    };

    private static RoomPush? ReadEvent(RoomName room, ReadOnlyMemory<byte> rest)
    {
        if (!TryNumber(ref rest, out var change) || !TryNumber(ref rest, out var seq) || !TryNumber(ref rest, out var at) || !TryWord(ref rest, out var epoch))
            return null;
        return EventCodec.Decode(room, rest, seq, epoch, at) is { } stored ? new RoomPush(PushKind.Event, change, epoch, Event: stored) : null;
    }

    private static RoomPush? ReadCursor(ReadOnlyMemory<byte> rest)
    {
        if (!TryNumber(ref rest, out var change) || !TryWord(ref rest, out var status) || !TryNumber(ref rest, out var seq))
            return null;
        return ReadCursor(status + Text(rest), seq) is { } moved ? new RoomPush(PushKind.Cursor, change, Notice: moved) : null;
    }

    private static RoomPush? ReadRelayed(RoomName room, ReadOnlyMemory<byte> rest)
    {
        if (!TryNumber(ref rest, out var at))
            return null;
        return EventCodec.Decode(room, rest, 0, null, at) is { } relayed ? new RoomPush(PushKind.Passing, 0, Notice: new EventRelayed(relayed)) : null;
    }

    /// <summary>Up to the next space, which is passed over.</summary>
    private static bool TryTake(ref ReadOnlyMemory<byte> rest, out ReadOnlySpan<byte> word)
    {
        var span = rest.Span;
        var space = span.IndexOf((byte)' ');
        word = space < 0 ? span : span[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        return word.Length > 0;
    }

    private static bool TryNumber(ref ReadOnlyMemory<byte> rest, out long number)
    {
        number = 0;
        return TryTake(ref rest, out var word) && Utf8Parser.TryParse(word, out number, out var length) && length == word.Length && number >= 0;
    }

    private static bool TryWord(ref ReadOnlyMemory<byte> rest, out string word)
    {
        var found = TryTake(ref rest, out var bytes);
        word = found ? Encoding.UTF8.GetString(bytes) : "";
        return found;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
