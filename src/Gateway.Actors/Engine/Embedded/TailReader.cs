// Answers a query from a room's newest events in memory, where they hold all that it asks for. Pure.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal static class TailReader
{
    /// <summary>Null: the journal must be asked.</summary>
    /// <param name="visibleFrom">Events older than this time are not shown.</param>
    public static HistoryPage? TryRead(Queue<RoomEvent> tail, in RoomState state, in HistoryQuery query, long visibleFrom)
    {
        var plan = HistoryPlan.Of(query, state.Position, state.Lineage);
        var top = state.Position.Top;
        if (plan.Upwards ? plan.From > top : state.First > plan.From)
            return plan.Page(state.Position, [], top + 1, more: false);
        if (state.First > top)
            return plan.Page(state.Position, [], top + 1, more: false);
        if (!tail.TryPeek(out var oldest) || oldest.TimestampMs < visibleFrom)
            return null;
        return plan.Upwards ? Upwards(tail, oldest.Seq, plan, state, query) : Downwards(tail, oldest.Seq, plan, state, query);
    }

    private static HistoryPage? Upwards(Queue<RoomEvent> tail, long oldest, HistoryPlan plan, in RoomState state, in HistoryQuery query)
    {
        var from = Math.Max(plan.From, state.First);
        if (from < oldest)
            return null;
        var events = new List<RoomEvent>();
        var bytes = 0;
        var more = false;
        foreach (var stored in tail)
        {
            if (stored.Seq < from)
                continue;
            bytes += stored.ApproximateBytes;
            more = events.Count >= query.Limit || (events.Count > 0 && bytes > query.MaxBytes);
            if (more)
                break;
            events.Add(stored);
        }

        return plan.Page(state.Position, events, from, more);
    }

    private static HistoryPage? Downwards(Queue<RoomEvent> tail, long oldest, HistoryPlan plan, in RoomState state, in HistoryQuery query)
    {
        // The tail is walked upwards: skip what is above, and know what would be below.
        var available = plan.From - oldest + 1;
        if (available < query.Limit && oldest > state.First)
            return null;
        var wanted = tail.Where(stored => stored.Seq <= plan.From).TakeLast(query.Limit).ToList();
        var bytes = 0;
        var keep = 0;
        for (var i = wanted.Count - 1; i >= 0; i--, keep++)
        {
            bytes += wanted[i].ApproximateBytes;
            if (keep > 0 && bytes > query.MaxBytes)
                break;
        }

        wanted.RemoveRange(0, wanted.Count - keep);
        if (wanted.Count == 0)
            return null;
        // What lies just below the page must be known to be shown, or the journal is asked.
        if (wanted[0].Seq == oldest && oldest > state.First)
            return null;
        return plan.Page(state.Position, wanted, state.First, more: wanted[0].Seq > state.First);
    }
}
