// What a query means for a room in a given state (rules H1–H3): where the reading begins, and what the position proves.
// Pure. The events themselves come from the storage, or from memory.

using Gateway.Protocol;

namespace Gateway.Actors.Engine;

/// <param name="Upwards">Ascending from From; else descending from it.</param>
/// <param name="From">The first seq to read, inclusive.</param>
/// <param name="Continuity">Before it is known which events are still kept.</param>
/// <param name="MayBegin">Events that are no longer kept are no gap: the caller asks for what there is.</param>
internal readonly record struct HistoryPlan(
    bool Upwards, long From, Continuity Continuity, long GapFrom, long GapTo, bool MayBegin)
{
    public static HistoryPlan Of(in HistoryQuery query, in RoomPosition position, Lineage lineage)
    {
        if (query.After is not { } after)
        {
            var before = Math.Min(query.Before ?? long.MaxValue, position.Top + 1);
            return new HistoryPlan(false, before - 1, Continuity.Proven, 0, 0, true);
        }

        var (continuity, cut) = lineage.Judge(position, query.ProofEpoch, after);
        return continuity switch
        {
            Continuity.RolledBack => new HistoryPlan(true, cut + 1, continuity, cut + 1, after, false),
            Continuity.Reset => new HistoryPlan(true, 1, continuity, 0, 0, true),
            // Without an epoch, 0 is no position but "from the first kept".
            _ => new HistoryPlan(true, Math.Max(after, 0) + 1, continuity, 0, 0, after <= 0 && query.ProofEpoch is null),
        };
    }

    /// <param name="events">Ascending.</param>
    /// <param name="firstKept">The first event that is still shown, at or after From; Top + 1 where there is none.</param>
    public HistoryPage Page(in RoomPosition position, IReadOnlyList<RoomEvent> events, long firstKept, bool more)
    {
        if (!Upwards || MayBegin || firstKept <= From)
            return new HistoryPage(EngineStatus.Ok, position, Continuity, GapFrom, GapTo, events, more);
        return Continuity == Continuity.RolledBack
            ? new HistoryPage(EngineStatus.Ok, position, Continuity, GapFrom, Math.Max(GapTo, firstKept - 1), events, more)
            : new HistoryPage(EngineStatus.Ok, position, Continuity.Trimmed, From, firstKept - 1, events, more);
    }
}
