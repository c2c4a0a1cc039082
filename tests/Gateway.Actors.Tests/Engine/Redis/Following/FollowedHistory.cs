// A room as Redis has it, small: it makes pushes and pages, rolls its epoch, loses its tail, is forgotten and trimmed.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis.Following;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis.Following;

internal sealed class FollowedHistory
{
    public static readonly RoomName Lobby = RoomName.Parse("lobby");

    private readonly List<RoomPush> _presence = [];
    private string _lineage = "";
    private long _cursor;
    private long _cursorChange;
    private int _epochs;

    public List<RoomEvent> Events { get; private set; } = [];

    public string Epoch { get; private set; } = "e0";

    public long Top { get; private set; }

    public long First { get; private set; } = 1;

    public long Change { get; private set; }

    public long Version { get; private set; } = 1_000;

    /// <summary>An id tells one event from another under the same number.</summary>
    public int Ids { get; private set; }

    public RoomPush Publish()
    {
        var stored = new RoomEvent
        {
            Room = Lobby,
            Type = "message",
            Id = $"{++Ids}",
            SenderId = "ann",
            SenderName = "Ann",
            Fields = default,
            Seq = ++Top,
            Epoch = Epoch,
        };
        Events.Add(stored);
        return new RoomPush(PushKind.Event, ++Change, Epoch, Event: stored);
    }

    public RoomPush Join()
    {
        var push = new RoomPush(
            PushKind.Presence, ++Change, Version: ++Version,
            Notice: new PresenceChanged(Version, "ann", "Ann", true, LeaveReason.Left, default, 1));
        _presence.Add(push);
        return push;
    }

    public RoomPush MoveCursor()
    {
        _cursorChange = ++Change;
        return new RoomPush(PushKind.Cursor, Change, Notice: new CursorMoved("ann", ReceiptStatus.Read, ++_cursor));
    }

    /// <summary>A restart or failover that lost the last so many.</summary>
    public void Roll(int lost)
    {
        lost = (int)Math.Min(lost, Top);
        Events.RemoveRange(Math.Max(0, Events.Count - lost), Math.Min(lost, Events.Count));
        Top -= lost;
        First = Math.Min(First, Top + 1);
        _lineage += (_lineage.Length == 0 ? "" : ",") + $"{Epoch}:{Top}";
        Epoch = $"e{++_epochs}";
    }

    public RoomPush Forget()
    {
        (_lineage, Epoch, Top, First) = ("", $"e{++_epochs}", 0, 1);
        Events = [];
        return new RoomPush(PushKind.Forgotten, ++Change, Epoch);
    }

    public void Trim(int keep)
    {
        var gone = Math.Max(0, Events.Count - keep);
        Events.RemoveRange(0, gone);
        First += gone;
    }

    /// <summary>Cuts what is known off, as a page on its way has it.</summary>
    public CatchUpPage Page(RoomFollower follower, int limit = 5)
    {
        var found = Epoch == follower.Told.Epoch ? Events.Where(stored => stored.Seq > follower.Told.Top).Take(limit).ToList() : [];
        var more = found.Count > 0 && found[^1].Seq < Top;
        return new CatchUpPage(
            new RoomPosition(Epoch, Top), Lineage.Parse(_lineage), First, Change, Version, more, found,
            [.. _presence.Where(push => push.Version > follower.Version)],
            _cursorChange > follower.Change ? [new CursorMoved("ann", ReceiptStatus.Read, _cursor)] : []);
    }

    public CatchUpPage State() => new(new RoomPosition(Epoch, Top), Lineage.Parse(_lineage), First, Change, Version, false, [], [], []);
}
