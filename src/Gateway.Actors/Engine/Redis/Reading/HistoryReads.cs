// Reads histories: one call where the position is of the room's epoch, two where its lineage has to be asked what the position proves.

using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Reading;

internal sealed class HistoryReads(RedisLink link)
{
    private const int Head = 4;

    // Each further one is for an epoch that changed between two calls.
    private const int Attempts = 4;

    public async ValueTask<HistoryPage> Read(HistoryQuery query)
    {
        var keys = link.Room(query.Room);
        var ttlMs = (long)(link.Options.Namespaces.Find(query.Room)?.HistoryTtl.TotalMilliseconds ?? 0);
        var (upwards, epoch) = (query.After is not null, query.ProofEpoch ?? "");
        if (!upwards)
            epoch = "";
        var from = upwards ? Math.Max(query.After!.Value, 0) + 1 : query.Before - 1;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var reply = await link.Call(
                keys.Partition, "gw1_read", [keys.Partition.Inc, keys.Meta, keys.Events],
                epoch, upwards ? "up" : "down", from is { } seq ? seq : "", query.Limit, query.MaxBytes, ttlMs).ConfigureAwait(false);
            if (reply.IsError)
                return HistoryPage.Failed(RedisLink.StatusOf(reply) == EngineStatus.Busy ? EngineStatus.Busy : EngineStatus.Degraded);
            if (reply.Count < Head)
                return HistoryPage.Failed(EngineStatus.Degraded);
            var position = new RoomPosition(reply[0].Text, reply[1].Integer);
            var plan = HistoryPlan.Of(query, position, Lineage.Parse(reply[2].Text));
            if ((epoch.Length == 0 || epoch == position.Epoch) && (!upwards || plan.From == from))
                return PageOf(query.Room, position, plan, reply);
            (epoch, from) = (position.Epoch, plan.From);
        }

        return HistoryPage.Failed(EngineStatus.Degraded);
    }

    private static HistoryPage PageOf(RoomName room, in RoomPosition position, in HistoryPlan plan, in RedisReply reply)
    {
        var events = new RoomEvent[(reply.Count - Head) / StreamEntry.Length];
        for (var i = 0; i < events.Length; i++)
        {
            if (StreamEntry.Read(room, reply, Head + (StreamEntry.Length * i)) is not { } stored)
                return HistoryPage.Failed(EngineStatus.Degraded);
            events[plan.Upwards ? i : events.Length - 1 - i] = stored;
        }

        var more = reply[3].Integer != 0;
        if (!IsWhole(position, plan, events, more))
            return HistoryPage.Failed(EngineStatus.Degraded);
        return plan.Page(position, events, events.Length > 0 ? events[0].Seq : position.Top + 1, more);
    }

    /// <summary>A hole would be a loss that must not look like a history.</summary>
    private static bool IsWhole(in RoomPosition position, in HistoryPlan plan, RoomEvent[] events, bool more)
    {
        for (var i = 1; i < events.Length; i++)
        {
            if (events[i].Seq != events[i - 1].Seq + 1)
                return false;
        }

        if (events.Length == 0)
            return true;
        return plan.Upwards ? more || events[^1].Seq == position.Top : events[^1].Seq == plan.From;
    }
}
