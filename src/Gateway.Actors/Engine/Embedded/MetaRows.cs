// The journal's own facts (clean stop, counts, the last beat) and its runs: one row for each start of the process.

using System.Text;

namespace Gateway.Actors.Engine.Embedded;

internal readonly record struct Run(long Number, string Id);

internal sealed class MetaRows(SqliteFile file) : IDisposable
{
    /// <summary>1: the last process ended in order, and the counts hold.</summary>
    public const string Clean = "clean";
    public const string RoomCount = "rooms";
    public const string SessionCount = "sessions";
    public const string RefusalCount = "refusals";

    /// <summary>When the process last said that it lives, in ms since the Unix epoch.</summary>
    public const string Beat = "beat";

    /// <summary>Counts proofs that the storage takes writes.</summary>
    public const string Probe = "probe";

    private readonly SqliteStatement _set = new(file, "INSERT OR REPLACE INTO meta(name, value, sum) VALUES(?1, ?2, ?3)");
    private readonly SqliteStatement _get = new(file, "SELECT value, sum FROM meta WHERE name = ?1");
    private readonly SqliteStatement _addRun = new(file, "INSERT INTO runs(run, id, sum) VALUES(?1, ?2, ?3)");
    private readonly SqliteStatement _dropRuns = new(file, "DELETE FROM runs WHERE run <= ?1");
    private readonly SqliteStatement _allRuns = new(file, "SELECT run, id, sum FROM runs ORDER BY run");

    public void Set(string name, long value) => _set.Bind(1, name).Bind(2, value).Bind(3, Sum(JournalSchema.Meta, name, value)).Run();

    /// <summary>Null: not there.</summary>
    public long? Get(string name)
    {
        if (!_get.Bind(1, name).Step())
            return null;
        var (value, sum) = (_get.Long(0), _get.Long(1));
        _get.Reset();
        if (sum != Sum(JournalSchema.Meta, name, value))
            throw new JournalDamagedException($"{file.Path}: table meta, row {name}: wrong checksum.");
        return value;
    }

    public void AddRun(Run run)
    {
        _addRun.Bind(1, run.Number).Bind(2, run.Id).Bind(3, Sum(JournalSchema.Runs, run.Id, run.Number)).Run();
        _dropRuns.Bind(1, run.Number - Lineage.Limit).Run();
    }

    public List<Run> Runs()
    {
        var runs = new List<Run>();
        while (_allRuns.Step())
        {
            var run = new Run(_allRuns.Long(0), _allRuns.Text(1));
            var damaged = _allRuns.Long(2) != Sum(JournalSchema.Runs, run.Id, run.Number)
                || (runs.Count > 0 && run.Number != runs[^1].Number + 1);
            runs.Add(run);
            if (!damaged)
                continue;
            _allRuns.Reset();
            throw new JournalDamagedException($"{file.Path}: table runs, row {run.Number}: wrong checksum or order.");
        }

        return runs;
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _set, _get, _addRun, _dropRuns, _allRuns })
            statement.Dispose();
    }

    private static long Sum(int table, string key, long value)
    {
        var sum = new RowChecksum(table);
        sum.Add(Encoding.UTF8.GetBytes(key));
        sum.Add(value);
        return sum.Value;
    }
}
