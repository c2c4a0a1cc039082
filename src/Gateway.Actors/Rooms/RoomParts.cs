// The parts of an open room, put together: state, fan-out, catch-up, presence, chatter. All of it on the room actor's turn.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;

namespace Gateway.Actors.Rooms;

internal sealed class RoomParts
{
    /// <summary>Digests are told at most so often (the contract's number).</summary>
    private static readonly TimeSpan DigestInterval = TimeSpan.FromSeconds(1);

    public RoomParts(
        RoomHandle handle, RoomPosition position, NodeServices node, ICatchUpHost actor, ActorTimers timers, Action<Member> readMembership)
    {
        State = new RoomState(handle) { Epoch = position.Epoch };
        LastStored = position.Top;
        FanOut = new FanOut(State, node.Metrics, node.Time);
        Presence = new RoomPresence(
            State, FanOut, readMembership, () => timers.StartSingle(RoomTimer.Digest, RoomTimer.Digest, DigestInterval));
        CatchUp = new CatchUp(State, FanOut, Presence, node.Options, actor);
        Chatter = new RoomChatter(State, node, timers);
    }

    public RoomState State { get; }

    public FanOut FanOut { get; }

    public CatchUp CatchUp { get; }

    public RoomPresence Presence { get; }

    public RoomChatter Chatter { get; }

    /// <summary>The last stored seq that the room was told of.</summary>
    public long LastStored { get; set; }

    /// <summary>Takes a member in, silent until the engine has answered. Where the connection was a member already, this one takes its place.</summary>
    public void Admit(Member member)
    {
        FanOut.Flush();
        if (State.Members.TryGetValue(member.ConnectionId, out var former))
        {
            (member.Acks, former.Acks) = (former.Acks, null);
            FanOut.Forget(former);
            if (former.State == MemberState.Live)
                (former.State, former.Position, former.Epoch) = (MemberState.CatchingUp, State.Handle.Head, State.Epoch);
            member.Replaced = former.State == MemberState.Joining ? former.Replaced : former;
        }

        member.State = MemberState.Joining;
        State.Add(member);
    }

    public Member? Dismiss(ulong connectionId)
    {
        FanOut.Flush();
        if (!State.Members.Remove(connectionId, out var member))
            return null;
        FanOut.Forget(member);
        Rooms.FanOut.ReleaseAllAcks(member);
        if (Chatter.IsTyping(member.UserId) && !State.HasConnectionOf(member.UserId))
            Chatter.EndTyping(member.UserId);
        return member;
    }

    /// <summary>A repeated join failed: the membership that it was to replace stands.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Restore(Member member)
    {
        if (!State.IsCurrent(member) || member.Replaced is not { } former)
            return false;
        former.Acks = member.Acks;
        former.PageNumber++;
        former.PageAwaited = false;
        State.Add(former);
        CatchUp.Continue(former);
        return true;
    }

    public void OnMember(MemberMessage message)
    {
        if (!State.Members.TryGetValue(message.ConnectionId, out var member))
            return;
        switch (message)
        {
            case SinkDrained: CatchUp.Continue(member); break;
            case MemberTyping typing: Chatter.OnTyping(member, typing.Command); break;
            case MemberReceipt receipt: Chatter.OnReceipt(member, receipt.Status, receipt.Seq); break;
            case MemberRights rights: member.SeesPresence = rights.SeesPresence; break;
        }
    }

    /// <summary>The room has failed: what each member is told, so that it can take up where it was.</summary>
    public IEnumerable<(ActorRef Connection, object Message)> Losses() =>
        State.Members.Values.Select(member => (member.Connection, member.State switch
        {
            MemberState.Joining => (object)new JoinRefused(State.Room, EngineStatus.Busy, null),
            MemberState.Live => new RoomLost(State.Room, State.Handle.Head, State.Epoch, member.Acks),
            _ => new RoomLost(State.Room, member.Position, member.Epoch, member.Acks),
        }));

    /// <summary>The room goes on from another position.</summary>
    public void Restart(RoomPosition position)
    {
        State.Recent.Clear();
        State.Handle.Head = LastStored = position.Top;
        FanOut.Restart(position.Top);
    }

    public void OnTimer(RoomTimer timer)
    {
        if (timer == RoomTimer.Typing)
            Chatter.OnTypingDue();
        else if (timer == RoomTimer.Receipts)
            Chatter.OnReceiptsDue();
        else if (timer == RoomTimer.Digest)
            Presence.OnDigestDue();
        else if (timer == RoomTimer.Retry)
            CatchUp.Retry();
    }
}
