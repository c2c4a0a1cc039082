// The rows of the clients' ids, in the order in which they came, so that they are added and dropped at the ends alone.

using System.Buffers.Binary;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class IdRows(SqliteFile file) : IDisposable
{
    private readonly SqliteStatement _insert = new(file, "INSERT INTO ids(room, n, hash, seq, at, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly SqliteStatement _drop = new(file, "DELETE FROM ids WHERE room = ?1 AND n < ?2");
    private readonly SqliteStatement _list = new(file, "SELECT n, hash, seq, at, sum FROM ids WHERE room = ?1 ORDER BY n");

    public void Insert(long room, RememberedId id)
    {
        Span<byte> hash = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(hash, id.Hash);
        _insert.Bind(1, room).Bind(2, id.Number).Bind(3, hash).Bind(4, id.Seq).Bind(5, id.At).Bind(6, Sum(room, id.Number, hash, id.Seq, id.At)).Run();
    }

    public void DropBelow(long room, long number) => _drop.Bind(1, room).Bind(2, number).Run();

    /// <summary>All of a room; they must follow one another from the first on, up to the last where that is known.</summary>
    public List<RememberedId> List(string name, long room, long first, long? last)
    {
        var ids = new List<RememberedId>();
        _list.Bind(1, room);
        var next = first;
        try
        {
            while (_list.Step())
            {
                var (number, seq, at) = (_list.Long(0), _list.Long(2), _list.Long(3));
                var hash = _list.Blob(1);
                if (_list.Long(4) != Sum(room, number, hash, seq, at) || number != next++)
                    throw new JournalDamagedException($"{file.Path}: table ids, room {name}, id number {number}: wrong checksum or order.");
                ids.Add(new RememberedId(number, BinaryPrimitives.ReadUInt128LittleEndian(hash), seq, at));
            }
        }
        finally
        {
            _list.Reset();
        }

        return last is null || next == last + 1
            ? ids
            : throw new JournalDamagedException($"{file.Path}: table ids, room {name}: id number {next} is missing.");
    }

    public void Dispose()
    {
        _insert.Dispose();
        _drop.Dispose();
        _list.Dispose();
    }

    private static long Sum(long room, long number, ReadOnlySpan<byte> hash, long seq, long at)
    {
        var sum = new RowChecksum(JournalSchema.Ids);
        sum.Add(room);
        sum.Add(number);
        sum.Add(hash);
        sum.Add(seq);
        sum.Add(at);
        return sum.Value;
    }
}
