// The rows of the cursors (receipts).

using System.Text;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class CursorRows(SqliteFile file) : IDisposable
{
    private readonly SqliteStatement _put = new(file, "INSERT OR REPLACE INTO cursors(room, user, status, seq, sum) VALUES(?1, ?2, ?3, ?4, ?5)");
    private readonly SqliteStatement _drop = new(file, "DELETE FROM cursors WHERE room = ?1");
    private readonly SqliteStatement _list = new(file, "SELECT user, status, seq, sum FROM cursors WHERE room = ?1");

    public void Put(long room, ReceiptCursor cursor) =>
        _put.Bind(1, room).Bind(2, cursor.UserId).Bind(3, (long)cursor.Status).Bind(4, cursor.Seq)
            .Bind(5, Sum(room, cursor.UserId, (long)cursor.Status, cursor.Seq)).Run();

    public void DropAll(long room) => _drop.Bind(1, room).Run();

    /// <param name="count">How many there must be, where that is known.</param>
    public List<ReceiptCursor> List(string name, long room, long? count)
    {
        var cursors = new List<ReceiptCursor>();
        _list.Bind(1, room);
        try
        {
            while (_list.Step())
            {
                var (user, status, seq) = (_list.Text(0), _list.Long(1), _list.Long(2));
                if (_list.Long(3) != Sum(room, user, status, seq))
                    throw new JournalDamagedException($"{file.Path}: table cursors, room {name}, user {user}: wrong checksum.");
                cursors.Add(new ReceiptCursor(user, (ReceiptStatus)status, seq));
            }
        }
        finally
        {
            _list.Reset();
        }

        return count is null || count == cursors.Count
            ? cursors
            : throw new JournalDamagedException($"{file.Path}: table cursors, room {name}: {cursors.Count} rows, not {count}.");
    }

    public void Dispose()
    {
        _put.Dispose();
        _drop.Dispose();
        _list.Dispose();
    }

    private static long Sum(long room, string user, long status, long seq)
    {
        var sum = new RowChecksum(JournalSchema.Cursors);
        sum.Add(room);
        sum.Add(Encoding.UTF8.GetBytes(user));
        sum.Add(status);
        sum.Add(seq);
        return sum.Value;
    }
}
