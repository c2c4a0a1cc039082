// What members are told of one another: who came and went, cursors, typing. Runs on the room actor's turn; the engine decides who is present.

using Gateway.Actors.Delivery;
using Gateway.Actors.Engine;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

internal sealed class RoomPresence(RoomState room, FanOut fanOut, Action<Member> readMembership, Action armDigest)
{
    /// <summary>Changes that may overtake the answer to a join that does not count them in yet; past it the newcomer gets the list again.</summary>
    private const int RecentChanges = 64;

    /// <summary>Cursors shown to a newcomer; two for each user of a room that is no crowd would be 200.</summary>
    private const int MaxCursors = 1_000;

    private readonly Queue<PresenceChanged> _recent = new();
    private readonly Dictionary<(string UserId, ReceiptStatus Status), long> _cursors = [];
    private long _version;
    private int _digestJoined;
    private int _digestLeft;
    private bool _digestArmed;

    public void OnChanged(PresenceChanged change)
    {
        var wasCrowd = room.IsCrowd;
        room.UserCount = change.Count;
        _version = change.Version;
        _recent.Enqueue(change);
        if (_recent.Count > RecentChanges)
            _recent.Dequeue();
        if (!room.Policy.Presence)
            return;

        if (!wasCrowd && !room.IsCrowd)
        {
            fanOut.Broadcast(MessageOf(change), member => Concerns(change, member), isPresence: true);
            return;
        }

        _digestJoined += change.Joined ? 1 : 0;
        _digestLeft += change.Joined ? 0 : 1;
        if (_digestArmed)
            return;
        _digestArmed = true;
        armDigest();
        TellDigest();
    }

    /// <summary>A second has passed since the last digest.</summary>
    public void OnDigestDue()
    {
        _digestArmed = false;
        if (_digestJoined + _digestLeft == 0)
            return;
        _digestArmed = true;
        armDigest();
        TellDigest();
    }

    public void LoadCursors(IEnumerable<ReceiptCursor> cursors)
    {
        foreach (var cursor in cursors)
            Keep(cursor.UserId, cursor.Status, cursor.Seq);
    }

    public void OnCursor(CursorMoved moved)
    {
        Keep(moved.UserId, moved.Status, moved.Seq);
        if (!room.IsCrowd)
            fanOut.Broadcast(new Receipt(room.Room, moved.UserId, moved.Status, moved.Seq), static _ => true, isPresence: false);
    }

    public void ForgetCursors() => _cursors.Clear();

    /// <summary>Null where the namespace has none.</summary>
    public IReadOnlyList<ReceiptCursor>? Receipts() =>
        !room.Policy.Receipts ? null : _cursors.Select(pair => new ReceiptCursor(pair.Key.UserId, pair.Key.Status, pair.Value)).ToList();

    public void OnTyping(TypingSignal typing)
    {
        if (room.IsCrowd)
            return;
        fanOut.Broadcast(
            new Typing(room.Room, typing.UserId, typing.Name, typing.Active, typing.CarriedFlag, typing.RoomField),
            member => member.UserId != typing.UserId,
            isPresence: false);
    }

    /// <summary>Changes that came before the newcomer could be told, and are not in its list.</summary>
    public void TellSince(Member member)
    {
        if (!room.Policy.Presence || !member.SeesPresence || room.IsCrowd)
            return;
        if (_recent.TryPeek(out var oldest) && oldest.Version > member.PresenceVersion + 1)
        {
            TellAll(member);
            return;
        }

        foreach (var change in _recent)
        {
            if (Concerns(change, member))
                Frames.Send(member.Sink, member.Dialect, MessageOf(change));
        }
    }

    /// <summary>How many there were when a join was answered; a later change may have overtaken the answer.</summary>
    public void OnCount(RoomMembership membership)
    {
        if (membership.Version >= _version)
            room.UserCount = membership.Count;
    }

    /// <summary>The whole list, for who missed changes.</summary>
    public void TellAll(Member member)
    {
        member.MissedPresence = false;
        if (room.Policy.Presence && member.SeesPresence)
            readMembership(member);
    }

    public void OnMembership(Member member, RoomMembership membership)
    {
        if (membership.Version < member.PresenceVersion)
            return;
        if (membership.Version < _version)
        {
            // A change has overtaken it and been told: an older list would take that back.
            readMembership(member);
            return;
        }

        member.PresenceVersion = membership.Version;
        Frames.Send(member.Sink, member.Dialect, new PresenceAnswer(null, room.Room, membership.Count, membership.Users));
    }

    private ServerMessage MessageOf(PresenceChanged change) => change.Joined
        ? new UserJoined(room.Room, change.UserId, change.Name, change.Timestamp, change.Count)
        : new UserLeft(room.Room, change.UserId, change.Timestamp, change.Count, change.Reason);

    private static bool Concerns(PresenceChanged change, Member member) =>
        member.SeesPresence && member.UserId != change.UserId && change.Version > member.PresenceVersion;

    private void TellDigest()
    {
        fanOut.Broadcast(
            new PresenceDigest(room.Room, room.UserCount, _digestJoined, _digestLeft),
            static member => member.SeesPresence,
            isPresence: true);
        _digestJoined = _digestLeft = 0;
    }

    private void Keep(string userId, ReceiptStatus status, long seq)
    {
        var key = (userId, status);
        if (_cursors.TryGetValue(key, out var known) || _cursors.Count < MaxCursors)
            _cursors[key] = Math.Max(known, seq);
    }
}
