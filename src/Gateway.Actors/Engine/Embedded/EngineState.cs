// All that the writer thread owns, ahead of the commit. Read from the journal at the start, and again after a failure:
// what is in memory is then worth nothing, since it may be ahead of the disk.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class EngineState
{
    private readonly MembershipChanges _changes;
    private readonly HashSet<RoomName> _emptied = [];

    public EngineState(Journal journal, EmbeddedOptions options, EngineClock clock, Subscriptions subscriptions, PendingNotices notices, JournalContent content)
    {
        Journal = journal;
        Options = options;
        Clock = clock;
        Subscriptions = subscriptions;
        Notices = notices;
        Run = content.Runs[^1];
        Rooms = new RoomTable(journal, options, content.Runs, content.LastRoomNumber, content.RoomCount);
        _changes = new MembershipChanges { TellRoom = TellRoom, TellEngine = notices.ToEngine };
        Sessions = new SessionTable(Presence, _changes, options.GraceMs, options.ResumeMs);
        Refusals = content.Refusals;
        Log = new RoomLog(this);
        Membership = new MembershipLog(this);
    }

    public Journal Journal { get; }

    public EmbeddedOptions Options { get; }

    public EngineClock Clock { get; }

    public Subscriptions Subscriptions { get; }

    public PendingNotices Notices { get; }

    public Run Run { get; }

    public RoomTable Rooms { get; }

    public PresenceTable Presence { get; } = new();

    public SessionTable Sessions { get; }

    /// <summary>Until when (ms) a user is refused.</summary>
    public Dictionary<string, long> Refusals { get; }

    /// <summary>What is done to rooms as logs.</summary>
    public RoomLog Log { get; }

    /// <summary>What is done to sessions and refusals.</summary>
    public MembershipLog Membership { get; }

    /// <summary>Writes the sessions that the batch changed.</summary>
    public void Flush()
    {
        foreach (var room in _emptied)
            Presence.ForgetIfEmpty(room);
        _emptied.Clear();
        if (_changes.Rows.Count == 0)
            return;
        Journal.BeginIfNeeded();
        foreach (var (id, session) in _changes.Rows)
        {
            if (session is null)
                Journal.Sessions.Drop(id);
            else
                Journal.Sessions.Put(session);
        }

        _changes.Rows.Clear();
    }

    /// <summary>Marks the clean stop: with it the counts, so that the next start notices what is missing.</summary>
    public void Close()
    {
        foreach (var ledger in Rooms.Loaded)
            Rooms.Seal(ledger);
        Flush();
        Journal.BeginIfNeeded();
        Journal.Meta.Set(MetaRows.Beat, Clock.Steady);
        Journal.Meta.Set(MetaRows.RoomCount, Rooms.Count);
        Journal.Meta.Set(MetaRows.SessionCount, Sessions.Count);
        Journal.Meta.Set(MetaRows.RefusalCount, Refusals.Count);
        Journal.Meta.Set(MetaRows.Clean, 1);
        Journal.Commit();
    }

    private void TellRoom(RoomName room, RoomNotice notice)
    {
        Notices.ToRoom(room, notice);
        if (notice is PresenceChanged { Count: 0 } && !Subscriptions.Contains(room))
            _emptied.Add(room);
    }
}
