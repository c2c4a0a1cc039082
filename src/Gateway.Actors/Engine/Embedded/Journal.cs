// The writer's connection to the journal and its transactions. Run by the writer thread alone. A failed step leaves the
// outcome to the writer, who gives this instance up and opens another.
//
// A damaged tail of the write-ahead log reads as never committed, by SQLite's design: it stops at the first frame whose
// checksum is wrong. Acked events that lay only there are then lost without an error; the new epoch's cut says so to the clients.

namespace Gateway.Actors.Engine.Embedded;

internal sealed class Journal : IDisposable
{
    public const string FileName = "gateway.db";

    private readonly Action<JournalStep>? _onStep;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;

    private Journal(SqliteFile file, Action<JournalStep>? onStep)
    {
        File = file;
        _onStep = onStep;
        _begin = new SqliteStatement(file, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(file, "COMMIT");
        Meta = new MetaRows(file);
        Rooms = new RoomRows(file);
        Events = new EventRows(file);
        Ids = new IdRows(file);
        Cursors = new CursorRows(file);
        Sessions = new SessionRows(file);
        Refusals = new RefusalRows(file);
    }

    public SqliteFile File { get; }

    public MetaRows Meta { get; }

    public RoomRows Rooms { get; }

    public EventRows Events { get; }

    public IdRows Ids { get; }

    public CursorRows Cursors { get; }

    public SessionRows Sessions { get; }

    public RefusalRows Refusals { get; }

    public bool InTransaction { get; private set; }

    public static Journal Open(string path, Action<JournalStep>? onStep)
    {
        onStep?.Invoke(JournalStep.Open);
        var file = SqliteFile.Open(path, readOnly: false);
        try
        {
            file.Execute("PRAGMA journal_mode=WAL");
            file.Execute("PRAGMA synchronous=FULL");
            file.Execute("PRAGMA cache_size=-32768");
            file.Execute("PRAGMA cell_size_check=ON");
            // A checkpoint runs within a commit; at 4,000 pages it comes seldom and still takes well under 100 ms.
            file.Execute("PRAGMA wal_autocheckpoint=4000");
            file.Execute("PRAGMA busy_timeout=2000");
            JournalSchema.Ensure(file);
            return new Journal(file, onStep);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Before each write.</summary>
    public void BeginIfNeeded()
    {
        if (InTransaction)
            return;
        _onStep?.Invoke(JournalStep.Write);
        _begin.Run();
        InTransaction = true;
    }

    public void Commit()
    {
        if (!InTransaction)
            return;
        _onStep?.Invoke(JournalStep.BeforeCommit);
        _commit.Run();
        InTransaction = false;
        _onStep?.Invoke(JournalStep.AfterCommit);
    }

    public void Dispose()
    {
        foreach (IDisposable part in new IDisposable[] { _begin, _commit, Meta, Rooms, Events, Ids, Cursors, Sessions, Refusals })
            part.Dispose();
        File.Dispose();
    }
}
