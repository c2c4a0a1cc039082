// One room on this node: takes what the engine and the connections tell it and hands it to the room's parts. One instance a room and node,
// made by RoomsActor when the first member comes, retired after the last has been gone for a while. It never waits for a connection.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Rooms;

internal sealed class RoomActor(NodeServices node, RoomName room, NamespacePolicy policy) : Actor, IRoomListener, ICatchUpHost
{
    /// <summary>How long a room without members stays, so that a reload or a flapping client finds it warm.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    /// <summary>How soon a page that the engine could not serve is asked for again.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly List<JoinRoom> _waitingForOpen = [];
    private ActorRef _self = ActorRef.Nobody;
    private RoomParts? _parts;
    private bool _opening;
    private bool _flushQueued;
    private bool _retiring;
    private long _joins;

    /// <summary>Called by the engine, on its thread.</summary>
    void IRoomListener.Notify(RoomNotice notice) => _self.Tell(notice);

    void ICatchUpHost.ReadPage(HistoryQuery query, Func<HistoryPage, PageRead> map) =>
        Context.PipeTo(node.Engine.Read(query), map, Broken);

    void ICatchUpHost.Refuse(JoinRoom join, EngineStatus status) => Refuse(join, status);

    void ICatchUpHost.RetryLater() => Context.Timers.StartSingle(RoomTimer.Retry, RoomTimer.Retry, RetryAfter);

    protected override void PreStart() => _self = Self;

    protected override void Receive(object message)
    {
        switch (message)
        {
            case RoomNotice notice: OnNotice(notice); break;
            case FlushPending: OnFlush(); break;
            case AckDue due: OnAck(due); break;
            case JoinRoom join: OnJoin(join); break;
            case RoomOpened opened: OnOpened(opened); break;
            case MembershipKnown known: OnMembershipKnown(known); break;
            case PageRead read: _parts!.CatchUp.OnPage(read); break;
            case LeaveRoom leave: OnLeave(leave); break;
            case MembershipEnded ended: OnMembershipEnded(ended); break;
            case DropMember drop: Forget(drop.ConnectionId); break;
            case PresenceRead read: OnPresenceRead(read); break;
            case RoomTimer timer: OnTimer(timer); break;
            case Exception broken: throw new InvalidOperationException("The engine threw where its rules forbid it.", broken);
            case MemberMessage told: _parts?.OnMember(told); break;
            default: Unhandled(message); break;
        }
    }

    protected override void PostStop()
    {
        node.Engine.Unsubscribe(room, this);
        if (_retiring)
            return;

        // The actor failed: its members take up elsewhere where they were.
        List<(ActorRef, object)> members = [];
        foreach (var join in _waitingForOpen)
            members.Add((join.Member.Connection, new JoinRefused(room, EngineStatus.Busy, join.CommandId)));
        if (_parts is { } parts)
            members.AddRange(parts.Losses());
        Context.Parent.Tell(new RoomFailed(room, Self, members));
    }

    private static object Broken(Exception error) => error;

    private void OnNotice(RoomNotice notice)
    {
        if (_parts is not { } parts)
        {
            // Told between the subscription and the answer to it: it waits behind that answer. What is not stored is for nobody yet.
            if (notice is not (EventRelayed or RoomSignal))
                Context.Stash();
            return;
        }

        switch (notice)
        {
            case EventsStored stored: OnStored(parts, stored); break;
            case EventRelayed relayed: Append(parts, relayed.Event); break;
            case PresenceChanged change: parts.Presence.OnChanged(change); break;
            case CursorMoved moved: parts.Presence.OnCursor(moved); break;
            case TypingSignal typing: parts.Presence.OnTyping(typing); break;
            case RoomRolled rolled: OnRolled(parts, rolled); break;
            default: Unhandled(notice); break;
        }
    }

    private void OnStored(RoomParts parts, EventsStored stored)
    {
        foreach (var roomEvent in stored.Events)
        {
            if (roomEvent.Seq <= parts.LastStored)
                continue;
            if (roomEvent.Seq != parts.LastStored + 1)
                throw new InvalidOperationException($"Room {room} was told {roomEvent.Seq} after {parts.LastStored}.");
            parts.LastStored = roomEvent.Seq;
            Append(parts, roomEvent);
        }
    }

    private void Append(RoomParts parts, RoomEvent roomEvent)
    {
        parts.Chatter.EndTyping(roomEvent.SenderId);
        parts.FanOut.Append(roomEvent);
        if (_flushQueued)
            return;
        // It comes behind whatever is already in the mailbox: all that waits there becomes one batch.
        _flushQueued = true;
        Self.Tell(FlushPending.Instance);
    }

    private void OnFlush()
    {
        _flushQueued = false;
        _parts!.FanOut.Flush();
        _parts.CatchUp.OnFlushed();
    }

    private static void OnRolled(RoomParts parts, RoomRolled rolled)
    {
        parts.FanOut.Flush();
        if (rolled.Reason == GapReason.RolledBack && rolled.Cut >= parts.State.Handle.Head)
        {
            parts.CatchUp.OnEpoch(rolled.Position.Epoch);
            return;
        }

        parts.State.Epoch = rolled.Position.Epoch;
        parts.CatchUp.OnRolled(rolled);
        parts.Restart(rolled.Position);
        if (rolled.Reason == GapReason.Reset)
            parts.Presence.ForgetCursors();
        parts.CatchUp.Retry();
    }

    private void OnAck(AckDue due)
    {
        if (_parts is { } parts && parts.State.Members.TryGetValue(due.ConnectionId, out var member))
            parts.FanOut.Acknowledge(member, due.Ack, due.Seq, node.Options.OutboxEvents);
        else
            Sender.Tell(due);
    }

    private void OnJoin(JoinRoom join)
    {
        _joins++;
        _retiring = false;
        Context.Timers.Cancel(RoomTimer.Retire);
        if (_parts is { } parts)
        {
            Begin(parts, join);
            return;
        }

        _waitingForOpen.Add(join);
        if (_opening)
            return;
        _opening = true;
        Context.PipeTo(Open(), opened => opened, Broken);
    }

    private async ValueTask<RoomOpened> Open()
    {
        var (status, position) = await node.Engine.Subscribe(room, this).ConfigureAwait(false);
        if (status != EngineStatus.Ok || !policy.Receipts)
            return new RoomOpened(status, position, []);
        var (_, cursors) = await node.Engine.Cursors(room).ConfigureAwait(false);
        return new RoomOpened(status, position, cursors);
    }

    private void OnOpened(RoomOpened opened)
    {
        _opening = false;
        var joins = _waitingForOpen.ToArray();
        _waitingForOpen.Clear();
        if (opened.Status != EngineStatus.Ok)
        {
            foreach (var join in joins)
                join.Member.Connection.Tell(new JoinRefused(room, opened.Status, join.CommandId));
            RetireIfEmpty();
            return;
        }

        var handle = new RoomHandle(room, policy, Self) { Head = opened.Position.Top };
        _parts = new RoomParts(handle, opened.Position, node, this, Context.Timers, ReadMembership);
        _parts.Presence.LoadCursors(opened.Cursors);
        foreach (var join in joins)
            Begin(_parts, join);
        RetireIfEmpty();
        Context.UnstashAll();
    }

    /// <summary>The engine is asked first: nothing is sent to the member before it has answered.</summary>
    private void Begin(RoomParts parts, JoinRoom join)
    {
        parts.Admit(join.Member);
        if (room.IsUserRoom)
        {
            OnMembershipKnown(new MembershipKnown(join, EngineStatus.Ok, new RoomMembership(0, 1, null, false)));
            return;
        }

        Context.PipeTo(
            node.Engine.Join(join.Member.Session, room, policy.PresenceLimit),
            answer => new MembershipKnown(join, answer.Status, answer.Membership),
            Broken);
    }

    private void OnMembershipKnown(MembershipKnown known)
    {
        var parts = _parts!;
        if (!parts.State.IsCurrent(known.Join.Member))
            return;
        if (known.Status != EngineStatus.Ok)
        {
            Refuse(known.Join, known.Status);
            return;
        }

        parts.Presence.OnCount(known.Membership);
        parts.CatchUp.Begin(new FirstPage(known.Join, known.Membership));
    }

    private void Refuse(JoinRoom join, EngineStatus status)
    {
        var stays = status is EngineStatus.Busy or EngineStatus.Degraded or EngineStatus.Unknown && _parts?.Restore(join.Member) == true;
        if (!stays)
            Forget(join.Member.ConnectionId);
        join.Member.Connection.Tell(new JoinRefused(room, status, join.CommandId, stays));
    }

    private void OnLeave(LeaveRoom leave)
    {
        var connection = Sender;
        var member = _parts?.State.Members.GetValueOrDefault(leave.ConnectionId);
        if (member is null || room.IsUserRoom)
        {
            OnMembershipEnded(new MembershipEnded(leave.ConnectionId, connection, new RoomLeft(room, EngineStatus.Ok, leave.CommandId)));
            return;
        }

        Context.PipeTo(
            node.Engine.Leave(member.Session, room, LeaveReason.Left),
            status => new MembershipEnded(leave.ConnectionId, connection, new RoomLeft(room, status, leave.CommandId)),
            Broken);
    }

    /// <summary>Where the engine could not do it, the member stays.</summary>
    private void OnMembershipEnded(MembershipEnded ended)
    {
        if (ended.Answer.IsOut)
            Forget(ended.ConnectionId);
        ended.Connection.Tell(ended.Answer);
    }

    private Member? Forget(ulong connectionId)
    {
        _waitingForOpen.RemoveAll(join => join.Member.ConnectionId == connectionId);
        var member = _parts?.Dismiss(connectionId);
        RetireIfEmpty();
        return member;
    }

    private void RetireIfEmpty()
    {
        if (_waitingForOpen.Count == 0 && _parts?.State.Members.Count is null or 0)
            Context.Timers.StartSingle(RoomTimer.Retire, RoomTimer.Retire, Linger);
    }

    private void ReadMembership(Member member) => Context.PipeTo(
        node.Engine.Who(room, policy.PresenceLimit),
        answer => new PresenceRead(member, answer.Status, answer.Membership),
        Broken);

    private void OnPresenceRead(PresenceRead read)
    {
        if (read.Status == EngineStatus.Ok && _parts!.State.IsCurrent(read.Member))
            _parts.Presence.OnMembership(read.Member, read.Membership);
    }

    private void OnTimer(RoomTimer timer)
    {
        if (timer == RoomTimer.Retire)
        {
            _retiring = true;
            Context.Parent.Tell(new RetireRoom(room, Self, _joins));
        }
        else
        {
            _parts?.OnTimer(timer);
        }
    }
}
