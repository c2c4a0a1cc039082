// What the journal holds at the opening, beside the rooms' events.

namespace Gateway.Actors.Engine.Embedded;

/// <param name="Runs">All that are known; the last is the one that begins with this opening.</param>
/// <param name="LastBeat">When the former process last said that it lives; null: never.</param>
internal sealed record JournalContent(
    List<Run> Runs, long LastRoomNumber, long RoomCount, List<Session> Sessions, Dictionary<string, long> Refusals, long? LastBeat, bool WasClean)
{
    /// <summary>Reads it, checks what can be checked quickly, and begins a new run.</summary>
    public static JournalContent Load(Journal journal, string runId)
    {
        var runs = journal.Meta.Runs();
        var wasClean = runs.Count == 0 || journal.Meta.Get(MetaRows.Clean) == 1;
        var (lastNumber, count) = Rooms(journal);
        var content = new JournalContent(
            runs, lastNumber, count, journal.Sessions.All(), journal.Refusals.All(), journal.Meta.Get(MetaRows.Beat), wasClean);
        if (wasClean && runs.Count > 0)
            content.CheckCounts(journal);

        runs.Add(new Run(runs.Count == 0 ? 1 : runs[^1].Number + 1, runId));
        journal.BeginIfNeeded();
        journal.Meta.AddRun(runs[^1]);
        journal.Meta.Set(MetaRows.Clean, 0);
        journal.Commit();
        return content;
    }

    private void CheckCounts(Journal journal)
    {
        Check(MetaRows.RoomCount, RoomCount);
        Check(MetaRows.SessionCount, Sessions.Count);
        Check(MetaRows.RefusalCount, Refusals.Count);

        void Check(string table, long found)
        {
            if (journal.Meta.Get(table) is var expected && expected != found)
                throw new JournalDamagedException($"{journal.File.Path}: table {table}: {found} rows found, {expected} expected.");
        }
    }

    private static (long LastNumber, long Count) Rooms(Journal journal)
    {
        const int Page = 1_000;
        long last = 0, count = 0;
        for (var after = ""; ;)
        {
            var rows = journal.Rooms.List(after, Page);
            foreach (var row in rows)
            {
                last = Math.Max(last, row.Number);
                count++;
                if (string.CompareOrdinal(row.Name, after) <= 0)
                    throw new JournalDamagedException($"{journal.File.Path}: table rooms, room {row.Name}: out of order.");
                after = row.Name;
            }

            if (rows.Count < Page)
                return (last, count);
        }
    }
}
