// The tables. Every row bears a checksum of its key and content; keys are clustered (WITHOUT ROWID), so that all that is
// looked up by is covered by it too.

namespace Gateway.Actors.Engine.Embedded;

internal static class JournalSchema
{
    public const int Version = 1;

    /// <summary>What the checksums of a table begin with.</summary>
    public const int Meta = 1, Runs = 2, Rooms = 3, Events = 4, Ids = 5, Cursors = 6, Sessions = 7, Refusals = 8;

    public static IReadOnlyList<(string Name, string Sql)> Tables { get; } =
    [
        ("meta", "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID"),
        ("runs", "CREATE TABLE runs(run INTEGER, id TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(run)) WITHOUT ROWID"),
        ("rooms", "CREATE TABLE rooms(name TEXT PRIMARY KEY, body BLOB NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID"),
        ("events", "CREATE TABLE events(room INTEGER, seq INTEGER, at INTEGER NOT NULL, body BLOB NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(room, seq)) WITHOUT ROWID"),
        ("ids", "CREATE TABLE ids(room INTEGER, n INTEGER, hash BLOB NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(room, n)) WITHOUT ROWID"),
        ("cursors", "CREATE TABLE cursors(room INTEGER, user TEXT, status INTEGER, seq INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(room, user, status)) WITHOUT ROWID"),
        ("sessions", "CREATE TABLE sessions(id TEXT PRIMARY KEY, body BLOB NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID"),
        ("refusals", "CREATE TABLE refusals(user TEXT PRIMARY KEY, until INTEGER NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID"),
    ];

    /// <summary>Creates the tables in an empty journal; in one that has them, makes sure that they are these.</summary>
    public static void Ensure(SqliteFile file)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var list = new SqliteStatement(file, "SELECT name, sql FROM sqlite_master"))
        {
            while (list.Step())
                found[list.Text(0)] = list.Text(1);
        }

        if (found.Count == 0)
        {
            file.Execute("BEGIN IMMEDIATE");
            foreach (var (_, sql) in Tables)
                file.Execute(sql);
            file.Execute("COMMIT");
            return;
        }

        if (found.Count != Tables.Count)
            throw new JournalDamagedException($"{file.Path}: its tables are not those of a journal of version {Version}.");
        foreach (var (name, sql) in Tables)
        {
            if (!found.TryGetValue(name, out var actual) || actual != sql)
                throw new JournalDamagedException($"{file.Path}: table {name} is not that of a journal of version {Version}.");
        }
    }
}
