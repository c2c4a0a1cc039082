// Serves members from the room's history at their own pace, until they are where the room is: after a join, and after falling behind.
// Runs on the room actor's turn; pages are read and encoded elsewhere and come back as PageRead. Nobody else waits for it.

using Gateway.Actors.Delivery;
using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

/// <summary>A page of history for one member, encoded and ready.</summary>
internal sealed record PageRead(Member Member, int Number, HistoryPage Page, DialectLane Encoded, FirstPage? First);

/// <summary>The page is a newcomer's: <c>joined</c> goes out before it.</summary>
internal sealed record FirstPage(JoinRoom Join, RoomMembership Membership);

/// <summary>What catching up needs of the actor that runs it.</summary>
internal interface ICatchUpHost
{
    /// <summary>Reads from the engine; the mapped result comes back as a message.</summary>
    void ReadPage(HistoryQuery query, Func<HistoryPage, PageRead> map);

    /// <summary>A join that can't be served after all.</summary>
    void Refuse(JoinRoom join, EngineStatus status);

    /// <summary>A page could not be read: call <see cref="CatchUp.Retry"/> in a while.</summary>
    void RetryLater();
}

internal sealed class CatchUp(RoomState room, FanOut fanOut, RoomPresence presence, NodeOptions options, ICatchUpHost actor)
{
    private readonly List<Member> _aheadOfRoom = [];

    /// <summary>A newcomer: tells it <c>joined</c>, then what it asked for.</summary>
    public void Begin(FirstPage first)
    {
        var member = first.Join.Member;
        fanOut.Flush();
        member.First = first;
        member.PresenceVersion = first.Membership.Version;
        var replay = first.Join.Replay;
        var limit = replay.History ?? room.Policy.DefaultHistory;
        var wanted = room.IsLog && member.SeesHistory && (replay.Since is not null || limit > 0);
        if (!wanted)
        {
            // Who was in the room before goes on from there.
            member.Position = Math.Min(member.Replaced?.Position ?? long.MaxValue, room.Handle.Head);
            member.Epoch = room.Epoch;
            TellJoined(first, room.Position, replay.Since is null ? null : false);
            member.JoinedTop = member.Position;
            Advance(member);
            return;
        }

        // The last so many are those after the position that lies so far below the top.
        var after = replay.Since ?? Math.Max(0, room.Handle.Head - limit);
        Read(member, new HistoryQuery(room.Room, after, replay.Epoch, null, PageEvents, PageBytes), first);
    }

    /// <summary>The member's sink has room again, or a page went through.</summary>
    public void Continue(Member member)
    {
        if (member.PageAwaited)
            return;
        if (member.State == MemberState.CatchingUp)
            Advance(member);
        else if (member.State == MemberState.Live && member.MissedPresence)
            presence.TellAll(member);
        else if (member.First is { } first)
            Begin(first);
    }

    public void OnPage(PageRead read)
    {
        var member = read.Member;
        var current = room.IsCurrent(member) && member.PageNumber == read.Number;
        if (current)
        {
            member.PageAwaited = false;
            if (read.Page.Status == EngineStatus.Ok)
                Serve(read);
            else if (read.First is { } first)
                actor.Refuse(first.Join, read.Page.Status);
            else
                actor.RetryLater();
        }

        read.Encoded.Clear();
    }

    /// <summary>The room's epoch changed: those ahead of the cut are told, all others just go on.</summary>
    public void OnRolled(RoomRolled rolled)
    {
        if (!room.IsLog)
            return;
        foreach (var member in room.Members.Values)
        {
            // What they wait for is gone, or has another number now; a page that is being read, too. What was stored since waits on.
            var acked = FanOut.ReleaseAcksBefore(member, rolled.Position.Epoch);
            member.PageNumber++;
            member.PageAwaited = false;
            member.Replaced = null;
            // Whose last page was of the new epoch already knows all that is told here.
            if (member.State == MemberState.Joining || (member.State == MemberState.CatchingUp && member.Epoch == rolled.Position.Epoch))
                continue;
            var position = member.State == MemberState.Live ? room.Handle.Head : member.Position;
            if (rolled.Reason == GapReason.Reset)
                Tell(member, new Gap(room.Room, rolled.Position.Epoch, null, null, GapReason.Reset));
            else if (rolled.Reason == GapReason.RolledBack && Math.Max(position, acked) > rolled.Cut)
                Tell(member, new Gap(room.Room, rolled.Position.Epoch, rolled.Cut + 1, Math.Max(position, acked), GapReason.RolledBack));
            member.Position = rolled.Reason == GapReason.Reset ? 0 : Math.Min(position, rolled.Cut);
            member.Epoch = rolled.Position.Epoch;
            member.State = MemberState.CatchingUp;
        }
    }

    /// <summary>The room goes on in another epoch, and nothing was lost: all positions hold in it.</summary>
    public void OnEpoch(string epoch)
    {
        foreach (var member in room.Members.Values)
        {
            if (member.Epoch == room.Epoch)
                member.Epoch = epoch;
        }

        room.Epoch = epoch;
        OnFlushed();
    }

    /// <summary>Takes up again whoever waits for a page that could not be read, or for the room to come up to it.</summary>
    public void Retry()
    {
        foreach (var member in room.Members.Values)
            Continue(member);
    }

    /// <summary>The room has handed out more: those who had read further than it may go live.</summary>
    public void OnFlushed()
    {
        if (_aheadOfRoom.Count == 0)
            return;
        var waiting = _aheadOfRoom.ToArray();
        _aheadOfRoom.Clear();
        foreach (var member in waiting)
        {
            if (room.IsCurrent(member))
                Continue(member);
        }
    }

    /// <summary>Half of the outbox: with less than a quarter waiting, a page always fits.</summary>
    private int PageEvents => Math.Min(ProtocolLimits.HistoryLimit, Math.Max(1, options.OutboxEvents / 2));

    private int PageBytes => Math.Min(ProtocolLimits.HistoryAnswerBytes, options.OutboxBytes / 2);

    private void Serve(PageRead read)
    {
        var (member, page) = (read.Member, read.Page);
        var start = page.Events.Count > 0 ? page.Events[0].Seq - 1 : page.Position.Top;
        member.Epoch = page.Position.Epoch;
        if (read.First is { } first)
        {
            member.Position = start;
            TellJoined(first, page.Position, first.Join.Replay.Since is null ? null : page.Continuity == Continuity.Proven);
        }

        if (page.Continuity != Continuity.Proven)
        {
            // Told once: what is missing counts as handed over. Who named no position misses nothing.
            if (read.First is not { Join.Replay.Since: null })
                TellGap(member, page);
            member.Position = start;
        }

        if (page.Events.Count > 0)
        {
            var (position, all) = FanOut.DeliverPage(member, read.Encoded, member.Position);
            member.Position = position;
            FanOut.ReleaseAcks(member, position);
            if (!all)
            {
                member.Sink.NotifyWhenDrained();
                return;
            }
        }
        else
        {
            member.Position = Math.Max(member.Position, page.Position.Top);
        }

        if (page.More)
            ReadNext(member);
        else
            Advance(member);
    }

    private void Advance(Member member)
    {
        fanOut.Flush();
        var head = room.Handle.Head;
        if (room.IsLog && member.Epoch != room.Epoch)
        {
            // Its numbers are of an epoch that the room is yet to hear of.
            _aheadOfRoom.Add(member);
            actor.RetryLater();
            return;
        }

        if (member.Position > head)
        {
            _aheadOfRoom.Add(member);
            return;
        }

        if (member.Position < head)
        {
            if (!room.Recent.Covers(member.Position))
            {
                ReadNext(member);
                return;
            }

            if (!DeliverRecent(member, head))
                return;
        }

        member.State = MemberState.Live;
        FanOut.ReleaseAcks(member, head);
        fanOut.WatchAcks(member);
        if (member.MissedPresence || member.Lagging)
            presence.TellAll(member);
        member.Lagging = false;
    }

    /// <returns>Whether the member has got everything; if not, it goes on when its sink has drained.</returns>
    private bool DeliverRecent(Member member, long head)
    {
        while (member.Position < head)
        {
            var lane = new DialectLane(member.Dialect);
            foreach (var roomEvent in room.Recent.After(member.Position, PageEvents, PageBytes))
                lane.Append(roomEvent, replay: member.Lagging || roomEvent.Seq <= member.JoinedTop);
            (member.Position, var all) = FanOut.DeliverPage(member, lane, member.Position);
            lane.Clear();
            FanOut.ReleaseAcks(member, member.Position);
            if (all)
                continue;
            member.Sink.NotifyWhenDrained();
            return false;
        }

        return true;
    }

    /// <summary>The epoch makes a position that was lost meanwhile rolled back, and no stranger. From 0 means: what is kept.</summary>
    private void ReadNext(Member member) => Read(
        member, new HistoryQuery(room.Room, member.Position, member.Position > 0 ? member.Epoch : null, null, PageEvents, PageBytes), null);

    private void Read(Member member, HistoryQuery query, FirstPage? first)
    {
        member.PageAwaited = true;
        var number = ++member.PageNumber;
        var dialect = member.Dialect;
        actor.ReadPage(query, page => new PageRead(member, number, page, Encode(page, dialect), first));
    }

    /// <summary>Runs where the page was read, not on the room's turn.</summary>
    private static DialectLane Encode(HistoryPage page, IDialect dialect)
    {
        var lane = new DialectLane(dialect);
        foreach (var roomEvent in page.Events)
            lane.Append(roomEvent, replay: true);
        return lane;
    }

    private void TellJoined(FirstPage first, RoomPosition position, bool? recovered)
    {
        var (join, membership) = (first.Join, first.Membership);
        var member = join.Member;
        (member.First, member.Replaced, member.State, member.JoinedTop) = (null, null, MemberState.CatchingUp, position.Top);
        if (!join.Silent)
        {
            var sees = member.SeesPresence && room.Policy.Presence;
            Tell(member, new Joined(
                join.CommandId, room.Room, room.IsLog ? position.Top : null, room.IsLog ? position.Epoch : null, recovered,
                membership.Count, sees ? membership.Users : null, presence.Receipts()));
        }

        presence.TellSince(member);
        member.Connection.Tell(new RoomJoined(room.Handle));
    }

    private void TellGap(Member member, HistoryPage page)
    {
        var gap = page.Continuity switch
        {
            Continuity.Trimmed => new Gap(room.Room, page.Position.Epoch, page.GapFrom, page.GapTo, GapReason.Trimmed),
            Continuity.RolledBack => new Gap(room.Room, page.Position.Epoch, page.GapFrom, page.GapTo, GapReason.RolledBack),
            Continuity.Reset => new Gap(room.Room, page.Position.Epoch, null, null, GapReason.Reset),
            _ => null,
        };
        if (gap is not null)
            Tell(member, gap);
    }

    private static void Tell(Member member, ServerMessage message) => Frames.Send(member.Sink, member.Dialect, message);
}
