// Opens the journal and makes the writer's state of it: at the start of the process, and after the storage was away.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class JournalOpener(EmbeddedOptions options, EngineClock clock, Subscriptions subscriptions, PendingNotices notices, Func<string> newEpoch, ILogger log) : IDisposable
{
    // A journal in memory lives as long as a connection to it is open.
    private SqliteFile? _keeper;

    public string Path { get; } = options.DataDir is { } directory
        ? System.IO.Path.Combine(directory, Journal.FileName)
        : $"file:{newEpoch()}{newEpoch()}?mode=memory&cache=shared";

    private bool IsFile => options.DataDir is not null;

    /// <summary>Throws <see cref="JournalException"/> and <see cref="JournalDamagedException"/>.</summary>
    public EngineState OpenAtStart()
    {
        if (!IsFile)
            _keeper = SqliteFile.Open(Path, readOnly: false);
        var journal = Journal.Open(Path, options.OnJournalStep);
        try
        {
            var isSmall = !IsFile || new FileInfo(Path).Length <= options.CheckAlwaysBytes;
            var isUnclean = journal.Meta.Runs().Count > 0 && journal.Meta.Get(MetaRows.Clean) != 1;
            if (isSmall || isUnclean)
                JournalCheck.Structure(journal);
            if (isUnclean)
                JournalCheck.Rooms(journal);

            var content = JournalContent.Load(journal, newEpoch());
            var state = new EngineState(journal, options, clock, subscriptions, notices, content);
            var now = clock.Steady;
            state.Sessions.HoldUntil = now + options.GraceMs;
            foreach (var session in content.Sessions)
            {
                session.DetachedAt = Math.Min(session.DetachedAt, now);
                state.Sessions.Restore(session, ownerGone: Math.Min(content.LastBeat ?? now, now));
            }

            state.Flush();
            journal.Commit();
            EngineLog.Opened(log, journal.File.Path, state.Run.Number, state.Rooms.Count, state.Sessions.Count, content.WasClean);
            return state;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>As the process goes on: connections are still there, and listeners are told what differs from what they were told.</summary>
    /// <param name="abandoned">Sessions whose owners went, or were never told that they own them, while the journal was away.</param>
    public EngineState Reopen(LostState lost, IEnumerable<SessionKey> abandoned)
    {
        var journal = Journal.Open(Path, options.OnJournalStep);
        try
        {
            var content = JournalContent.Load(journal, newEpoch());
            var state = new EngineState(journal, options, clock, subscriptions, notices, content);
            var now = clock.Steady;
            state.Sessions.HoldUntil = now + options.GraceMs;
            foreach (var session in content.Sessions)
                state.Sessions.Restore(session, ownerGone: null);
            foreach (var (room, subscription) in subscriptions.All)
                TellDifference(state, room, subscription, lost);
            foreach (var key in abandoned)
                state.Sessions.Detach(key, now);
            return state;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    public void Dispose() => _keeper?.Dispose();

    private void TellDifference(EngineState state, RoomName room, Subscription subscription, LostState lost)
    {
        try
        {
            var ledger = state.Rooms.Open(room);
            var cut = Math.Min(subscription.ToldTop, ledger.Top);
            notices.ToRoom(room, new RoomRolled(new RoomPosition(ledger.Epoch, cut), GapReason.RolledBack, cut));
            // What was stored though its commit seemed to fail.
            state.Journal.Events.Walk(room, ledger.Number, cut + 1, ledger.Top, upwards: true, stored =>
            {
                notices.Stored(ledger.Epoch, stored);
                return true;
            });
        }
        catch (JournalDamagedException exception)
        {
            EngineLog.Damaged(log, exception.Message);
        }

        var told = lost.Presence.GetValueOrDefault(room) ?? new ToldPresence(0, []);
        var holds = state.Presence.Names(room);
        var (version, count) = (told.Version, told.Users.Count);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(clock.Wall);
        foreach (var (user, name) in told.Users.Where(user => !holds.ContainsKey(user.Key)))
            notices.ToRoom(room, new PresenceChanged(++version, user, name, false, LeaveReason.Timeout, at, --count));
        foreach (var (user, name) in holds.Where(user => !told.Users.ContainsKey(user.Key)))
            notices.ToRoom(room, new PresenceChanged(++version, user, name, true, LeaveReason.Left, at, ++count));
        state.Presence.SetVersion(room, version);
    }
}
