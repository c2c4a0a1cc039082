// The sessions that this node's connections own. Redis decides who owns what; this is what the node compares with it, brings again after a loss,
// and looks up when a notice comes. Pure; called from any thread.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis;

internal sealed class LocalSessions
{
    // What its former owner still asks of a session is answered by Redis, so its user must be known for a while.
    private const int FormerKept = 16_384;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LocalSession> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _formerUsers = new(StringComparer.Ordinal);
    private readonly Queue<string> _formerIds = new();
    private readonly Dictionary<string, bool> _coming = new(StringComparer.Ordinal);
    private readonly HashSet<string> _withDoubts = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_gate)
                return _byId.Count;
        }
    }

    public IReadOnlyList<LocalSession> All
    {
        get
        {
            lock (_gate)
                return [.. _byId.Values];
        }
    }

    /// <summary>A session is being opened or claimed: it may be this node's in Redis already, and a notice can concern it before this node holds it.</summary>
    public void Expect(string id)
    {
        lock (_gate)
            _coming[id] = false;
    }

    public void Touch(string id)
    {
        lock (_gate)
        {
            if (_coming.ContainsKey(id))
                _coming[id] = true;
        }
    }

    /// <returns>True where a notice concerned it meanwhile: what holds is to be read.</returns>
    public bool Arrived(string id)
    {
        lock (_gate)
            return _coming.Remove(id, out var touched) && touched;
    }

    /// <summary>From now on this node has it.</summary>
    /// <returns>True where this node had it already for another connection, which is to be told.</returns>
    public bool Hold(SessionKey key, SessionOwner owner, IEnumerable<RoomName> rooms)
    {
        var session = new LocalSession(key, owner);
        session.Rooms.UnionWith(rooms);
        lock (_gate)
        {
            var had = _byId.TryGetValue(key.Id, out var former);
            if (had && former!.Fence >= key.Fence)
                return false;
            _byId[key.Id] = session;
            return had;
        }
    }

    public LocalSession? Find(string id)
    {
        lock (_gate)
            return _byId.GetValueOrDefault(id);
    }

    public IReadOnlyList<LocalSession> OfUser(string userId)
    {
        lock (_gate)
            return [.. _byId.Values.Where(session => session.UserId == userId)];
    }

    /// <summary>Whose session it is; null where this node never had it, or long ago.</summary>
    public string? UserOf(string id)
    {
        lock (_gate)
            return _byId.TryGetValue(id, out var session) ? session.UserId : _formerUsers.GetValueOrDefault(id);
    }

    public LocalSession? Find(SessionKey key) => Find(key.Id) is { } session && session.Fence == key.Fence ? session : null;

    public LocalSession? Drop(SessionKey key)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(key.Id, out var session) || session.Fence != key.Fence)
                return null;
            Remove(session);
            return session;
        }
    }

    /// <summary>Another owner has it with this fence.</summary>
    /// <returns>The session, where this node had it with an older one.</returns>
    public LocalSession? Take(string id, long fence)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var session) || session.Fence >= fence)
                return null;
            Remove(session);
            return session;
        }
    }

    public bool IsIn(SessionKey key, RoomName room)
    {
        lock (_gate)
            return _byId.TryGetValue(key.Id, out var session) && session.Fence == key.Fence && session.Rooms.Contains(room);
    }

    /// <returns>False: it was there already, or the session is not this node's.</returns>
    public bool AddRoom(SessionKey key, RoomName room) => Change(key, session => session.Rooms.Add(room));

    public bool RemoveRoom(SessionKey key, RoomName room) => Change(key, session => session.Rooms.Remove(room));

    /// <summary>Whether the session is in the room nobody knows.</summary>
    public void Doubt(SessionKey key, RoomName room) => Change(key, session =>
    {
        session.Rooms.Remove(room);
        _withDoubts.Add(session.Id);
        return session.Doubtful.Add(room);
    });

    public void Trust(SessionKey key, RoomName room) => Change(key, session => session.Doubtful.Remove(room));

    public bool IsDoubtful(SessionKey key, RoomName room)
    {
        lock (_gate)
            return _byId.TryGetValue(key.Id, out var session) && session.Fence == key.Fence && session.Doubtful.Contains(room);
    }

    public IReadOnlyList<RoomName> RoomsOf(LocalSession session)
    {
        lock (_gate)
            return [.. session.Rooms, .. session.Doubtful];
    }

    public IReadOnlyList<(LocalSession Session, RoomName Room)> DoubtsIn(int partition)
    {
        lock (_gate)
        {
            // Asked at each beat, so it must cost nothing where there are none.
            if (_withDoubts.Count == 0)
                return [];
            _withDoubts.RemoveWhere(id => !_byId.TryGetValue(id, out var session) || session.Doubtful.Count == 0);
            return [.. _withDoubts.Select(id => _byId[id])
                .Where(session => Partitions.Of(session.UserId) == partition)
                .SelectMany(session => session.Doubtful.Select(room => (session, room)))];
        }
    }

    /// <summary>What Redis should have of this node in a partition: sessions of its users (room null), and rooms.</summary>
    public Dictionary<string, (LocalSession Session, RoomName? Room)> EntriesIn(int partition)
    {
        var entries = new Dictionary<string, (LocalSession, RoomName?)>(StringComparer.Ordinal);
        foreach (var session in All)
        {
            if (Partitions.Of(session.UserId) == partition)
                entries[MemberKeys.EntryOf(session.UserId, session.Id)] = (session, null);
            lock (_gate)
            {
                foreach (var room in session.Rooms)
                {
                    if (Partitions.Of(room.Value) == partition)
                        entries[MemberKeys.EntryOf(session.UserId, session.Id, room)] = (session, room);
                }
            }
        }

        return entries;
    }

    private void Remove(LocalSession session)
    {
        _byId.Remove(session.Id);
        if (!_formerUsers.TryAdd(session.Id, session.UserId))
            return;
        _formerIds.Enqueue(session.Id);
        if (_formerIds.Count > FormerKept)
            _formerUsers.Remove(_formerIds.Dequeue());
    }

    private bool Change(SessionKey key, Func<LocalSession, bool> change)
    {
        lock (_gate)
            return _byId.TryGetValue(key.Id, out var session) && session.Fence == key.Fence && change(session);
    }
}
