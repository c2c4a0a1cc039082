// The rows of the users who are refused for a time.

using System.Text;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class RefusalRows(SqliteFile file) : IDisposable
{
    private readonly SqliteStatement _put = new(file, "INSERT OR REPLACE INTO refusals(user, until, sum) VALUES(?1, ?2, ?3)");
    private readonly SqliteStatement _drop = new(file, "DELETE FROM refusals WHERE user = ?1");
    private readonly SqliteStatement _all = new(file, "SELECT user, until, sum FROM refusals");

    public void Put(string user, long until) => _put.Bind(1, user).Bind(2, until).Bind(3, Sum(user, until)).Run();

    public void Drop(string user) => _drop.Bind(1, user).Run();

    public Dictionary<string, long> All()
    {
        var refusals = new Dictionary<string, long>(StringComparer.Ordinal);
        try
        {
            while (_all.Step())
            {
                var (user, until) = (_all.Text(0), _all.Long(1));
                if (_all.Long(2) != Sum(user, until))
                    throw new JournalDamagedException($"{file.Path}: table refusals, user {user}: wrong checksum.");
                refusals[user] = until;
            }
        }
        finally
        {
            _all.Reset();
        }

        return refusals;
    }

    public void Dispose()
    {
        _put.Dispose();
        _drop.Dispose();
        _all.Dispose();
    }

    private static long Sum(string user, long until)
    {
        var sum = new RowChecksum(JournalSchema.Refusals);
        sum.Add(Encoding.UTF8.GetBytes(user));
        sum.Add(until);
        return sum.Value;
    }
}
