// The sessions, their deadlines and what they mean for presence (rules M1–M5). Owned by the writer thread.
// Pure: `now` is an argument, in ms; what changed goes to MembershipChanges.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class SessionTable(PresenceTable presence, MembershipChanges changes, int graceMs, int resumeMs)
{
    private readonly Dictionary<string, Session> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Session>> _byUser = new(StringComparer.Ordinal);
    private readonly SortedSet<(long Due, string Id)> _due = [];

    /// <summary>Nothing is due before: clients could not come back earlier.</summary>
    public long HoldUntil { get; set; }

    public int Count => _byId.Count;

    /// <summary>Takes in what the journal had.</summary>
    /// <param name="ownerGone">Whose connections are no more; when they were last known to live.</param>
    public void Restore(Session session, long? ownerGone)
    {
        if (session.IsAttached && ownerGone is { } lastBeat)
        {
            session.State = SessionState.Detached;
            session.DetachedAt = lastBeat;
            changes.Write(session);
        }

        Index(session);
        if (session.Faded)
            return;
        foreach (var (room, since) in session.Rooms)
            presence.Add(room, session.UserId, session.Name, session.IsAttached, since);
    }

    public SessionKey Open(string id, SessionOwner owner)
    {
        var session = new Session(id, owner.UserId) { Name = owner.Name, Fence = 1, ConnectionId = owner.ConnectionId };
        Index(session);
        changes.Write(session);
        return new SessionKey(id, session.Fence);
    }

    /// <summary>Null: there is no such session for this user.</summary>
    public ClaimedSession? Claim(string id, SessionOwner owner, long now)
    {
        if (!_byId.TryGetValue(id, out var session) || session.UserId != owner.UserId || session.State == SessionState.Lingering)
            return null;
        EndIfDue(session, now);
        if (!_byId.ContainsKey(id))
            return null;

        _due.Remove(Deadline(session));
        var wasAttached = session.IsAttached;
        session.Fence++;
        session.Name = owner.Name;
        session.ConnectionId = owner.ConnectionId;
        session.State = SessionState.Attached;
        foreach (var room in session.Rooms.Keys.ToArray())
        {
            if (session.Faded)
                Enter(session, room, now);
            else
                presence.Attach(room, session.UserId, session.Name, wasAttached ? 0 : 1);
        }

        session.Faded = false;
        changes.Write(session);
        if (wasAttached)
            changes.TellEngine(new SessionTaken(session.UserId, id, session.Fence));
        return new ClaimedSession(new SessionKey(id, session.Fence), [.. session.Rooms.Keys]);
    }

    public EngineStatus Detach(SessionKey key, long now)
    {
        var status = Find(key, out var session);
        if (status == EngineStatus.Ok && session!.IsAttached)
            Loosen(session, SessionState.Detached, now);
        return status;
    }

    public EngineStatus End(SessionKey key, LeaveReason reason, bool silent, long now)
    {
        var status = Find(key, out var session);
        if (status != EngineStatus.Ok)
            return status;
        if (!silent || session!.Faded)
            Remove(session!, reason, now);
        else if (session.IsAttached)
            Loosen(session, SessionState.Lingering, now);
        else
            Linger(session);
        return EngineStatus.Ok;
    }

    public EngineStatus Join(SessionKey key, RoomName room, int maxRooms, long now, out bool alreadyThere)
    {
        alreadyThere = false;
        var status = Find(key, out var session);
        if (status != EngineStatus.Ok)
            return status;
        if (!session!.IsAttached)
            return EngineStatus.Stale;
        alreadyThere = session.Rooms.ContainsKey(room);
        if (alreadyThere)
            return EngineStatus.Ok;
        if (session.Rooms.Count >= maxRooms)
            return EngineStatus.Busy;
        Enter(session, room, now);
        changes.Write(session);
        return EngineStatus.Ok;
    }

    /// <summary>Takes all attached sessions of a user into a room; how many are in it then.</summary>
    public int AdmitTo(string userId, RoomName room, int maxRooms, long now)
    {
        var admitted = 0;
        foreach (var session in Of(userId).Where(session => session.IsAttached).ToArray())
        {
            if (Join(new SessionKey(session.Id, session.Fence), room, maxRooms, now, out _) == EngineStatus.Ok)
                admitted++;
        }

        return admitted;
    }

    public EngineStatus Leave(SessionKey key, RoomName room, LeaveReason reason, long now)
    {
        var status = Find(key, out var session);
        if (status == EngineStatus.Ok)
            Exit(session!, room, reason, now);
        return status;
    }

    /// <summary>Ends all sessions of a user; how many could still be used.</summary>
    public int Expel(string userId, long now)
    {
        var ended = 0;
        foreach (var session in Of(userId).ToArray())
        {
            if (session.State != SessionState.Lingering)
                ended++;
            Remove(session, LeaveReason.Kicked, now);
        }

        return ended;
    }

    /// <summary>Takes all sessions of a user out of a room; how many were in it.</summary>
    public int RemoveFrom(string userId, RoomName room, long now)
    {
        var removed = 0;
        foreach (var session in Of(userId).ToArray())
        {
            if (Exit(session, room, LeaveReason.Kicked, now))
                removed++;
        }

        return removed;
    }

    public UserSummary Describe(string userId)
    {
        var present = Of(userId).Where(session => !session.Faded).ToArray();
        return new UserSummary(present.Length > 0, present.Count(session => session.IsAttached),
            [.. present.SelectMany(session => session.Rooms.Keys).Distinct().OrderBy(room => room.Value, StringComparer.Ordinal)]);
    }

    /// <summary>Ends what is due, at most so many sessions; when the next one is.</summary>
    public long? Sweep(long now, int limit)
    {
        while (limit-- > 0 && _due.Count > 0 && Math.Max(_due.Min.Due, HoldUntil) <= now)
            EndIfDue(_byId[_due.Min.Id], now);
        return _due.Count > 0 ? Math.Max(_due.Min.Due, HoldUntil) : null;
    }

    private HashSet<Session> Of(string userId) => _byUser.TryGetValue(userId, out var sessions) ? sessions : [];

    private EngineStatus Find(SessionKey key, out Session? session)
    {
        session = null;
        if (key.Id is null || !_byId.TryGetValue(key.Id, out session) || session.State == SessionState.Lingering)
            return EngineStatus.NotFound;
        return session.Fence == key.Fence ? EngineStatus.Ok : EngineStatus.Stale;
    }

    private void EndIfDue(Session session, long now)
    {
        if (session.IsAttached || now < HoldUntil)
            return;
        if (!session.Faded && now >= session.DetachedAt + graceMs)
        {
            _due.Remove(Deadline(session));
            foreach (var room in session.Rooms.Keys)
                Tell(room, presence.Remove(room, session.UserId, attached: false, LeaveReason.Timeout, now));
            session.Faded = true;
            _due.Add(Deadline(session));
            changes.Write(session);
        }

        if (session.Faded && now >= Deadline(session).Due)
            Remove(session, LeaveReason.Timeout, now);
    }

    private (long Due, string Id) Deadline(Session session)
    {
        if (!session.Faded)
            return (session.DetachedAt + graceMs, session.Id);
        var lives = session.State == SessionState.Lingering ? 0 : Math.Max(graceMs, resumeMs);
        return (session.DetachedAt + lives, session.Id);
    }

    private void Loosen(Session session, SessionState state, long now)
    {
        session.State = state;
        session.DetachedAt = now;
        foreach (var room in session.Rooms.Keys)
            presence.Attach(room, session.UserId, null, -1);
        _due.Add(Deadline(session));
        changes.Write(session);
    }

    private void Linger(Session session)
    {
        _due.Remove(Deadline(session));
        session.State = SessionState.Lingering;
        _due.Add(Deadline(session));
        changes.Write(session);
    }

    private void Enter(Session session, RoomName room, long now)
    {
        var (change, since) = presence.Add(room, session.UserId, session.Name, attached: true, now);
        session.Rooms[room] = since;
        Tell(room, change);
    }

    private bool Exit(Session session, RoomName room, LeaveReason reason, long now)
    {
        if (!session.Rooms.Remove(room))
            return false;
        if (!session.Faded)
            Tell(room, presence.Remove(room, session.UserId, session.IsAttached, reason, now));
        changes.Write(session);
        return true;
    }

    private void Remove(Session session, LeaveReason reason, long now)
    {
        foreach (var room in session.Rooms.Keys.ToArray())
            Exit(session, room, reason, now);
        if (!session.IsAttached)
            _due.Remove(Deadline(session));
        _byId.Remove(session.Id);
        var ofUser = _byUser[session.UserId];
        ofUser.Remove(session);
        if (ofUser.Count == 0)
            _byUser.Remove(session.UserId);
        changes.Drop(session);
    }

    private void Index(Session session)
    {
        _byId[session.Id] = session;
        if (!_byUser.TryGetValue(session.UserId, out var sessions))
            _byUser[session.UserId] = sessions = [];
        sessions.Add(session);
        if (!session.IsAttached)
            _due.Add(Deadline(session));
    }

    private void Tell(RoomName room, PresenceChanged? change)
    {
        if (change is not null)
            changes.TellRoom(room, change);
    }
}
