// The rows of the sessions, each with its rooms. All of them are read at the start.

using System.Text;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class SessionRows(SqliteFile file) : IDisposable
{
    private readonly SqliteStatement _put = new(file, "INSERT OR REPLACE INTO sessions(id, body, sum) VALUES(?1, ?2, ?3)");
    private readonly SqliteStatement _drop = new(file, "DELETE FROM sessions WHERE id = ?1");
    private readonly SqliteStatement _all = new(file, "SELECT id, body, sum FROM sessions ORDER BY id");
    private readonly RowWriter _writer = new();

    public void Put(Session session)
    {
        _writer.Clear().Text(session.UserId).Text(session.Name).Long(session.Fence).Long((long)session.ConnectionId)
            .Long((long)session.State).Long(session.DetachedAt).Long(session.Faded ? 1 : 0).Long(session.Rooms.Count);
        foreach (var (room, since) in session.Rooms)
            _writer.Text(room.Value).Long(since);
        _put.Bind(1, session.Id).Bind(2, _writer.Bytes).Bind(3, Sum(session.Id, _writer.Bytes)).Run();
    }

    public void Drop(string id) => _drop.Bind(1, id).Run();

    public List<Session> All()
    {
        var sessions = new List<Session>();
        try
        {
            while (_all.Step())
                sessions.Add(Read(_all.Text(0), _all.Blob(1), _all.Long(2)));
        }
        finally
        {
            _all.Reset();
        }

        return sessions;
    }

    public void Dispose()
    {
        _put.Dispose();
        _drop.Dispose();
        _all.Dispose();
    }

    private Session Read(string id, ReadOnlySpan<byte> body, long sum)
    {
        // A session's id is a secret and no message names it.
        if (sum != Sum(id, body))
            throw new JournalDamagedException($"{file.Path}: table sessions: a row with a wrong checksum.");
        var reader = new RowReader(body);
        var session = new Session(id, reader.Text())
        {
            Name = reader.Text(),
            Fence = reader.Long(),
            ConnectionId = (ulong)reader.Long(),
            State = (SessionState)reader.Long(),
            DetachedAt = reader.Long(),
            Faded = reader.Long() == 1,
        };
        for (var rooms = reader.Long(); rooms > 0; rooms--)
            session.Rooms[RoomName.Parse(reader.Text())] = reader.Long();
        return session;
    }

    private static long Sum(string id, ReadOnlySpan<byte> body)
    {
        var sum = new RowChecksum(JournalSchema.Sessions);
        sum.Add(Encoding.UTF8.GetBytes(id));
        sum.Add(body);
        return sum.Value;
    }
}
