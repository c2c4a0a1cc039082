// The events' rows, for the writer and, on connections of their own, for those who read histories.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class EventRows(SqliteFile file) : IDisposable
{
    private const string Columns = "SELECT seq, at, body, sum FROM events WHERE room = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq";

    private readonly SqliteStatement _upwards = new(file, Columns);
    private readonly SqliteStatement _downwards = new(file, Columns + " DESC");
    private readonly RowWriter _writer = new();
    private SqliteStatement? _insert;
    private SqliteStatement? _drop;

    public void Insert(long number, RoomEvent stored)
    {
        _insert ??= new SqliteStatement(file, "INSERT INTO events(room, seq, at, body, sum) VALUES(?1, ?2, ?3, ?4, ?5)");
        var body = _writer.Clear().Text(stored.Epoch!).Text(stored.Id).Text(stored.SenderId).Text(stored.SenderName).Text(stored.Type).Blob(stored.Fields.Span).Bytes;
        _insert.Bind(1, number).Bind(2, stored.Seq).Bind(3, stored.TimestampMs).Bind(4, body)
            .Bind(5, Sum(number, stored.Seq, stored.TimestampMs, body)).Run();
    }

    /// <summary>Drops those below the seq.</summary>
    public void DropBelow(long number, long seq)
    {
        _drop ??= new SqliteStatement(file, "DELETE FROM events WHERE room = ?1 AND seq < ?2");
        _drop.Bind(1, number).Bind(2, seq).Run();
    }

    /// <summary>The lowest and the highest seq there are; 0 and 0 where there are none.</summary>
    public (long First, long Last) Ends(RoomName room, long number)
    {
        long first = 0, last = 0;
        Walk(room, number, 1, long.MaxValue, upwards: true, found => (first = found.Seq) < 0);
        Walk(room, number, 1, long.MaxValue, upwards: false, found => (last = found.Seq) < 0);
        return (first, last);
    }

    /// <summary>Calls for each event from one seq to the other, both inclusive, until the answer is false.
    /// A row that is not what was written is a <see cref="JournalDamagedException"/>.</summary>
    public void Walk(RoomName room, long number, long from, long to, bool upwards, Func<RoomEvent, bool> visit)
    {
        var rows = upwards ? _upwards : _downwards;
        rows.Bind(1, number).Bind(2, from).Bind(3, to);
        try
        {
            while (rows.Step() && visit(Read(rows, room, number)))
            {
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    public void Dispose()
    {
        _upwards.Dispose();
        _downwards.Dispose();
        _insert?.Dispose();
        _drop?.Dispose();
    }

    private RoomEvent Read(SqliteStatement row, RoomName room, long number)
    {
        var seq = row.Long(0);
        var at = row.Long(1);
        var body = row.Blob(2);
        if (row.Long(3) != Sum(number, seq, at, body))
            throw new JournalDamagedException($"{file.Path}: table events, room {room}, seq {seq}: wrong checksum.");
        var reader = new RowReader(body);
        return new RoomEvent
        {
            Room = room,
            Epoch = reader.Text(),
            Id = reader.Text(),
            SenderId = reader.Text(),
            SenderName = reader.Text(),
            Type = reader.Text(),
            Fields = reader.Blob().ToArray(),
            Seq = seq,
            TimestampMs = at,
        };
    }

    private static long Sum(long number, long seq, long at, ReadOnlySpan<byte> body)
    {
        var sum = new RowChecksum(JournalSchema.Events);
        sum.Add(number);
        sum.Add(seq);
        sum.Add(at);
        sum.Add(body);
        return sum.Value;
    }
}
