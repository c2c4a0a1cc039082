// What is done to sessions, refusals and the beat, on the writer thread: SessionTable's decisions with bounds and rows.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class MembershipLog(EngineState state)
{
    // One sweep must not hold the writer; what remains is due again at once.
    private const int SweepLimit = 500;
    private const long BeatMs = 1_000;

    private long _beatAt = long.MinValue / 2;

    public (EngineStatus, SessionKey) Open(string id, SessionOwner owner)
    {
        if (RefusedUntil(owner.UserId) is not null)
            return (EngineStatus.Stale, default);
        return state.Sessions.Count >= state.Options.MaxSessions ? (EngineStatus.Busy, default) : (EngineStatus.Ok, state.Sessions.Open(id, owner));
    }

    public (EngineStatus, ClaimedSession) Claim(string id, SessionOwner owner) =>
        state.Sessions.Claim(id, owner, state.Clock.Steady) is { } claimed ? (EngineStatus.Ok, claimed) : (EngineStatus.NotFound, null!);

    public (EngineStatus, RoomMembership) Join(SessionKey session, RoomName room, int userLimit)
    {
        var status = state.Sessions.Join(session, room, state.Options.MaxRoomsPerSession, state.Clock.Steady, out var alreadyThere);
        return status == EngineStatus.Ok ? (status, state.Presence.Describe(room, userLimit, alreadyThere)) : (status, null!);
    }

    public (EngineStatus, int) Expel(string userId, TimeSpan refuseFor)
    {
        if (refuseFor > TimeSpan.Zero)
        {
            if (!state.Refusals.ContainsKey(userId) && state.Refusals.Count >= state.Options.MaxRefusals)
                return (EngineStatus.Busy, 0);
            var until = state.Clock.Wall + (long)Math.Min(refuseFor.TotalMilliseconds, TimeSpan.FromDays(36_500).TotalMilliseconds);
            state.Journal.BeginIfNeeded();
            state.Journal.Refusals.Put(userId, until);
            state.Refusals[userId] = until;
        }

        var ended = state.Sessions.Expel(userId, state.Clock.Steady);
        state.Notices.ToEngine(new UserExpelled(userId));
        return (EngineStatus.Ok, ended);
    }

    public DateTimeOffset? RefusedUntil(string userId) =>
        state.Refusals.TryGetValue(userId, out var until) && until > state.Clock.Wall ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null;

    public int Admit(string userId, RoomName room)
    {
        var admitted = state.Sessions.AdmitTo(userId, room, state.Options.MaxRoomsPerSession, state.Clock.Steady);
        state.Notices.ToEngine(new MemberAdmitted(userId, room));
        return admitted;
    }

    public int Remove(string userId, RoomName room)
    {
        var removed = state.Sessions.RemoveFrom(userId, room, state.Clock.Steady);
        state.Notices.ToEngine(new MemberRemoved(userId, room));
        return removed;
    }

    /// <summary>Ends what is due, and says in the journal that the process lives.</summary>
    public DateTimeOffset? Beat()
    {
        var now = state.Clock.Steady;
        var next = state.Sessions.Sweep(now, SweepLimit);
        if (state.Sessions.Count > 0 && now - _beatAt >= BeatMs)
        {
            _beatAt = now;
            state.Journal.BeginIfNeeded();
            state.Journal.Meta.Set(MetaRows.Beat, now);
        }

        return next is { } due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;
    }

    public void DropPastRefusals()
    {
        var now = state.Clock.Wall;
        foreach (var (user, _) in state.Refusals.Where(refusal => refusal.Value <= now).Take(SweepLimit).ToArray())
        {
            state.Journal.BeginIfNeeded();
            state.Journal.Refusals.Drop(user);
            state.Refusals.Remove(user);
        }
    }
}
