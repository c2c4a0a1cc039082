// The hot path: events are appended as they come and sent as one shared batch to every member. Runs on the room actor's turn;
// never waits for a connection and allocates nothing for a delivery.

using Gateway.Actors.Delivery;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Protocol.WebSockets;

namespace Gateway.Actors.Rooms;

internal sealed class FanOut(RoomState room, NodeMetrics metrics, TimeProvider time)
{
    /// <summary>A batch is taken whole by an empty outbox: it must not hold much more than one frame of the largest kind.</summary>
    private const int MaxBatchBytes = 128 * 1024;

    /// <summary>Longer than a publication is tried (the contract's 5 s): what is acked after it was stored while the room was open.</summary>
    private static readonly TimeSpan LongestPublication = TimeSpan.FromSeconds(6);

    private readonly HashSet<Member> _ackHolders = [];
    private readonly long _openedAt = time.GetTimestamp();
    private long _appendedHead;
    private long _oldestMs;
    private int _pending;

    public void Append(RoomEvent roomEvent)
    {
        var stored = roomEvent.Seq > 0;
        foreach (var lane in room.Lanes)
            lane.Append(roomEvent, replay: false);
        if (stored)
        {
            room.Recent.Add(roomEvent);
            _appendedHead = roomEvent.Seq;
        }

        if (_pending++ == 0)
            _oldestMs = roomEvent.TimestampMs;
        if (room.Members.TryGetValue(roomEvent.Origin, out var publisher))
            publisher.OwnsPartOfBatch = true;
        if (room.Lanes.Count > 0 && room.Lanes[0].Batch!.Length >= MaxBatchBytes)
            Flush();
    }

    /// <summary>Sends what was appended to everyone, then the acks that waited for it.</summary>
    public void Flush()
    {
        if (_pending == 0)
            return;
        var before = room.Handle.Head;
        if (_appendedHead > before)
            room.Handle.Head = _appendedHead;

        var deliveries = 0;
        foreach (var member in room.Members.Values)
        {
            if (member.State == MemberState.Live)
                deliveries += DeliverLive(member, before);
            else if (member.State == MemberState.CatchingUp && !member.Lagging)
                DeliverRelayed(member);
            member.OwnsPartOfBatch = false;
        }

        foreach (var lane in room.Lanes)
            lane.Clear();
        metrics.FannedOut(deliveries, time.GetUtcNow().ToUnixTimeMilliseconds() - _oldestMs);
        _pending = 0;
        ReleaseHeldAcks();
    }

    /// <summary>Sends one message to the members that are asked for; dropped where a member lags or its sink is full.</summary>
    public void Broadcast(ServerMessage message, Func<Member, bool> isFor, bool isPresence)
    {
        Flush();
        foreach (var lane in room.Lanes)
        {
            FrameBatch? batch = null;
            foreach (var member in room.Members.Values)
            {
                if (member.Lane != lane || member.State == MemberState.Joining || !isFor(member))
                    continue;
                batch ??= Frames.Of(message, lane.Dialect);
                if (member.Lagging || member.Sink.Offer(batch, 0, batch.Length, 1) == SinkOutcome.Full)
                {
                    // Who lags gets the list at the end of it; who is live, when its sink has drained.
                    member.MissedPresence |= isPresence;
                    if (isPresence && !member.Lagging)
                        member.Sink.NotifyWhenDrained();
                    metrics.Dropped(1);
                }
            }

            batch?.Release();
        }
    }

    /// <summary>Sends a slice-wise batch to one member, its own events replaced by their acks where those are known.</summary>
    /// <returns>The seq up to which all was taken, and whether that was everything.</returns>
    public static (long Position, bool All) DeliverPage(Member member, DialectLane page, long position)
    {
        var batch = page.Batch!;
        var start = 0;
        var from = 0;
        for (var i = 0; i < page.Marks.Count; i++)
        {
            var mark = page.Marks[i];
            var isOwn = (mark.Origin == member.ConnectionId && mark.Seq > member.JoinedTop) || member.Acks?.IsOwn(mark.Seq) == true;
            if (!isOwn)
                continue;
            var own = i == 0 ? 0 : page.Marks[i - 1].End;
            if (own > start && member.Sink.Offer(batch, start, own - start, i - from) == SinkOutcome.Full)
                return (position, false);

            ReleaseAcks(member, mark.Seq);
            position = mark.Seq;
            start = mark.End;
            from = i + 1;
        }

        if (start < batch.Length && member.Sink.Offer(batch, start, batch.Length - start, page.Marks.Count - from) == SinkOutcome.Full)
            return (position, false);
        return (page.Marks[^1].Seq, true);
    }

    /// <summary>The member has got everything up to its position: so may the acks up to there.</summary>
    public static void ReleaseAcks(Member member, long upTo)
    {
        if (member.Acks is null)
            return;
        while (member.Acks.Take(upTo, member.Epoch) is { } ack)
            Frames.Send(member.Sink, member.Dialect, ack);
        if (member.Acks.Count == 0)
            member.Acks = null;
    }

    /// <summary>The member hears no more of the room: what was stored for it was stored.</summary>
    public static void ReleaseAllAcks(Member member) => ReleaseAcksBefore(member, "");

    /// <summary>The acks of what was stored before an epoch leave.</summary>
    /// <returns>The highest seq among them, or 0.</returns>
    public static long ReleaseAcksBefore(Member member, string epoch)
    {
        if (member.Acks is null)
            return 0;
        var highest = 0L;
        foreach (var ack in member.Acks.TakeAllBut(epoch))
        {
            highest = Math.Max(highest, ack.Seq ?? 0);
            Frames.Send(member.Sink, member.Dialect, ack);
        }

        if (member.Acks.Count == 0)
            member.Acks = null;
        return highest;
    }

    /// <summary>An ack leaves when every event below it has left; at once where it is of an epoch that the room has left behind. One of an epoch
    /// that the room has yet to hear of waits: publishing may be quicker than listening after the storage was away.</summary>
    public void Acknowledge(Member member, Ack ack, long seq, int bound)
    {
        Flush();
        var upTo = member.State == MemberState.Live ? room.Handle.Head : member.Position;
        var isAhead = IsAhead(member, ack);
        if ((member.State != MemberState.Joining && seq <= upTo && !isAhead) || (room.WasIn(ack.Epoch) && !ack.Duplicate))
        {
            Frames.Send(member.Sink, member.Dialect, ack);
            return;
        }

        var acks = member.Acks ??= new HeldAcks();
        if (acks.Count >= bound)
        {
            member.Sink.Close(CloseCode.TooSlow, "too many acks wait behind unread events");
            return;
        }

        acks.Add(seq, ack, isAhead);
        WatchAcks(member);
    }

    /// <summary>Whether it is of an epoch that is yet to be told. A room that was opened just now may also have missed a former one.</summary>
    private bool IsAhead(Member member, Ack ack) =>
        ack is { Epoch: { } epoch, Duplicate: false } && epoch != room.Epoch && epoch != member.Epoch && !room.WasIn(epoch) && time.GetElapsedTime(_openedAt) > LongestPublication;

    /// <summary>Of a live member, acks whose events have yet to come leave with those.</summary>
    public void WatchAcks(Member member)
    {
        if (member.State == MemberState.Live && member.Acks is not null)
            _ackHolders.Add(member);
    }

    public void Forget(Member member) => _ackHolders.Remove(member);

    /// <summary>Nothing is pending; the next stored event follows this one.</summary>
    public void Restart(long head) => _appendedHead = head;

    private void ReleaseHeldAcks()
    {
        if (_ackHolders.Count == 0)
            return;
        foreach (var member in _ackHolders)
        {
            if (member.State == MemberState.Live)
                ReleaseAcks(member, room.Handle.Head);
        }

        _ackHolders.RemoveWhere(member => member.State != MemberState.Live || member.Acks is null);
    }

    private int DeliverLive(Member member, long before)
    {
        var lane = member.Lane;
        var batch = lane.Batch!;
        if (!member.OwnsPartOfBatch)
        {
            if (member.Sink.Offer(batch, 0, batch.Length, lane.Marks.Count) == SinkOutcome.Full)
                Refused(member, before, _pending);
            return lane.Marks.Count;
        }

        return DeliverAroundOwn(member, lane, before);
    }

    /// <summary>Leaves out the member's own events: it gets the acks.</summary>
    private int DeliverAroundOwn(Member member, DialectLane lane, long position)
    {
        var delivered = 0;
        var start = 0;
        var count = 0;
        var lastSeq = position;
        for (var i = 0; i <= lane.Marks.Count; i++)
        {
            var own = i < lane.Marks.Count && lane.Marks[i].Origin == member.ConnectionId;
            if (i < lane.Marks.Count && !own)
            {
                count++;
                lastSeq = Math.Max(lastSeq, lane.Marks[i].Seq);
                continue;
            }

            var end = i == 0 ? 0 : lane.Marks[i - 1].End;
            if (count > 0 && member.Sink.Offer(lane.Batch!, start, end - start, count) == SinkOutcome.Full)
            {
                Refused(member, position, lane.Marks.Count - i + count);
                return delivered;
            }

            delivered += count;
            count = 0;
            position = lastSeq;
            if (own)
            {
                lastSeq = position = Math.Max(position, lane.Marks[i].Seq);
                start = lane.Marks[i].End;
            }
        }

        return delivered;
    }

    /// <summary>What is relayed reaches also those who are still being served from history after their join.</summary>
    private static void DeliverRelayed(Member member)
    {
        var lane = member.Lane;
        for (var i = 0; i < lane.Marks.Count; i++)
        {
            var mark = lane.Marks[i];
            var start = i == 0 ? 0 : lane.Marks[i - 1].End;
            if (mark.Seq == 0 && mark.Origin != member.ConnectionId)
                member.Sink.Offer(lane.Batch!, start, mark.End - start, 1);
        }
    }

    /// <summary>The class of the room decides: stored events are caught up from history, others are dropped and counted.</summary>
    private void Refused(Member member, long position, int events)
    {
        if (_appendedHead <= position)
        {
            metrics.Dropped(events);
            return;
        }

        member.State = MemberState.CatchingUp;
        member.Lagging = true;
        member.Position = position;
        member.Epoch = room.Epoch;
        metrics.FellBehind();
        Frames.Send(member.Sink, member.Dialect, new Lagging(room.Room));
        member.Sink.NotifyWhenDrained();
    }
}
