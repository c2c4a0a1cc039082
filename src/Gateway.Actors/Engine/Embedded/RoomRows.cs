// The rooms' rows: what must be known of a room beside its events. Written with a room's first write after it was opened,
// when its history is trimmed, and when it is sealed; never with each event.

using System.Text;

namespace Gateway.Actors.Engine.Embedded;

/// <param name="Number">What stands for the name in the other tables.</param>
/// <param name="Run">The run whose start began the epoch.</param>
/// <param name="Lineage">As <see cref="Lineage.ToString"/> writes it.</param>
/// <param name="First">The oldest seq kept; Top + 1 where none is. Always exact.</param>
/// <param name="Top">Exact where sealed; else what it was at the last write of this row.</param>
/// <param name="IdsFirst">The number of the oldest id kept. Always exact.</param>
/// <param name="IdsLast">As Top.</param>
/// <param name="Cursors">How many cursors there are; as Top.</param>
/// <param name="Sealed">Nothing was written to the room since.</param>
internal readonly record struct RoomRow(
    string Name, long Number, string Epoch, long Run, string Lineage,
    long First, long Top, long IdsFirst, long IdsLast, long Cursors, bool Sealed);

internal sealed class RoomRows(SqliteFile file) : IDisposable
{
    private readonly SqliteStatement _put = new(file, "INSERT OR REPLACE INTO rooms(name, body, sum) VALUES(?1, ?2, ?3)");
    private readonly SqliteStatement _get = new(file, "SELECT name, body, sum FROM rooms WHERE name = ?1");
    private readonly SqliteStatement _list = new(file, "SELECT name, body, sum FROM rooms WHERE name > ?1 ORDER BY name LIMIT ?2");
    private readonly RowWriter _writer = new();

    public void Put(in RoomRow row)
    {
        var body = _writer.Clear().Long(row.Number).Text(row.Epoch).Long(row.Run).Text(row.Lineage).Long(row.First).Long(row.Top)
            .Long(row.IdsFirst).Long(row.IdsLast).Long(row.Cursors).Long(row.Sealed ? 1 : 0).Bytes;
        _put.Bind(1, row.Name).Bind(2, body).Bind(3, Sum(row.Name, body)).Run();
    }

    public RoomRow? Get(string name)
    {
        if (!_get.Bind(1, name).Step())
            return null;
        try
        {
            return Read(_get);
        }
        finally
        {
            _get.Reset();
        }
    }

    /// <summary>Those after the name, in order of their names.</summary>
    public List<RoomRow> List(string after, int limit)
    {
        var rows = new List<RoomRow>();
        _list.Bind(1, after).Bind(2, limit);
        try
        {
            while (_list.Step())
                rows.Add(Read(_list));
        }
        finally
        {
            _list.Reset();
        }

        return rows;
    }

    public void Dispose()
    {
        _put.Dispose();
        _get.Dispose();
        _list.Dispose();
    }

    private RoomRow Read(SqliteStatement row)
    {
        var name = row.Text(0);
        var body = row.Blob(1);
        if (row.Long(2) != Sum(name, body))
            throw new JournalDamagedException($"{file.Path}: table rooms, room {name}: wrong checksum.");
        var reader = new RowReader(body);
        return new RoomRow(
            name, reader.Long(), reader.Text(), reader.Long(), reader.Text(), reader.Long(), reader.Long(),
            reader.Long(), reader.Long(), reader.Long(), reader.Long() == 1);
    }

    private static long Sum(string name, ReadOnlySpan<byte> body)
    {
        var sum = new RowChecksum(JournalSchema.Rooms);
        sum.Add(Encoding.UTF8.GetBytes(name));
        sum.Add(body);
        return sum.Value;
    }
}
