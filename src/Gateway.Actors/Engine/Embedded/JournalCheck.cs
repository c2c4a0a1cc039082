// Proves, before the engine serves, that a journal is what was written. Throws JournalDamagedException or JournalException.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal static class JournalCheck
{
    /// <summary>The file's structure: pages, order, free list.</summary>
    public static void Structure(Journal journal)
    {
        using var check = new SqliteStatement(journal.File, "PRAGMA integrity_check(3)");
        var findings = new List<string>();
        while (check.Step())
            findings.Add(check.Text(0));
        if (findings is not ["ok"])
            throw new JournalDamagedException($"{journal.File.Path}: {string.Join("; ", findings)}");
    }

    /// <summary>Every row of every room: its checksum, and that none is missing.</summary>
    public static void Rooms(Journal journal)
    {
        const int Page = 500;
        for (var after = ""; ;)
        {
            var rows = journal.Rooms.List(after, Page);
            foreach (var row in rows)
            {
                after = row.Name;
                Room(journal, row);
            }

            if (rows.Count < Page)
                return;
        }
    }

    private static void Room(Journal journal, RoomRow row)
    {
        if (!RoomName.TryParse(row.Name, out var room))
            throw new JournalDamagedException($"{journal.File.Path}: table rooms: a row whose name is none.");
        var next = row.First;
        journal.Events.Walk(room, row.Number, 0, long.MaxValue, upwards: true, stored =>
        {
            if (stored.Seq != next)
                throw new JournalDamagedException($"{journal.File.Path}: table events, room {room}: seq {next} is missing.");
            next++;
            return true;
        });
        if (row.First <= row.Top && next <= row.Top)
            throw new JournalDamagedException($"{journal.File.Path}: table events, room {room}: seq {next} is missing.");
        journal.Ids.List(row.Name, row.Number, row.IdsFirst, row.Sealed ? row.IdsLast : null);
        journal.Cursors.List(row.Name, row.Number, row.Sealed ? row.Cursors : null);
    }
}
