// The writer: takes all that is queued, applies it to the state and to one transaction, commits, then tells the listeners in order, then
// answers the callers. Run by one thread of its own, or by whoever pumps. Never answers before the commit; after a failure
// it trusts nothing in memory.

using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class JournalWriter(WorkQueue queue, EmbeddedOptions options, JournalOpener opener, PendingNotices notices, EngineMetrics metrics, TimeProvider time, ILogger log)
{
    private const int SweptRoomsPerTick = 64;

    /// <summary>A commit takes milliseconds; what takes so long is told, so that clients hear of it within the contract's 2 s.</summary>
    private static readonly TimeSpan StallAfter = TimeSpan.FromSeconds(1);


    private readonly List<Work> _batch = [];
    private readonly Dictionary<string, SessionKey> _abandoned = new(StringComparer.Ordinal);
    private EngineState? _state;
    private LostState? _lost;
    private int _tickDue;
    private long _batchStarted;
    private Work[] _underWay = [];
    private int _stalled;

    public bool IsLost => Volatile.Read(ref _lost) is not null;

    /// <summary>The rooms' views, for readers; null while the journal is away.</summary>
    public EngineState? Serving => IsLost ? null : Volatile.Read(ref _state);

    public void Begin(EngineState state) => _state = state;

    /// <summary>Once a second, from a timer's thread.</summary>
    public void Tick()
    {
        WatchDisk();
        Volatile.Write(ref _tickDue, 1);
        queue.Wake();
    }

    /// <summary>The writer thread's life: until the queue is closed and empty.</summary>
    public void Run()
    {
        while (RunOnce(wait: true))
        {
        }
    }

    /// <summary>One batch; false: closed and empty.</summary>
    public bool RunOnce(bool wait)
    {
        _batch.Clear();
        var goesOn = queue.Take(_batch, options.BatchLimit, wait);
        var tick = Interlocked.Exchange(ref _tickDue, 0) == 1;
        if (_lost is not null && tick)
            TryReturn();
        if (_lost is not null)
            Refuse();
        else if (_batch.Count > 0 || tick)
            Process(tick);
        return goesOn;
    }

    /// <summary>Marks the clean stop.</summary>
    public void End()
    {
        try
        {
            if (_lost is null)
                _state?.Close();
        }
        catch (Exception exception) when (exception is JournalException or JournalDamagedException)
        {
            EngineLog.Damaged(log, exception.Message);
        }
        finally
        {
            _state?.Journal.Dispose();
        }
    }

    private void Process(bool tick)
    {
        var state = _state!;
        var committing = false;
        Watch(true);
        try
        {
            foreach (var work in _batch)
                Apply(work, state);
            if (tick)
                KeepHouse(state);
            state.Flush();
            if (state.Journal.InTransaction)
            {
                committing = true;
                Commit(state.Journal);
            }
        }
        catch (Exception exception)
        {
            if (exception is not JournalException)
                EngineLog.WriterFault(log, exception);
            Watch(false);
            Lose(exception, committing ? EngineStatus.Unknown : EngineStatus.Degraded);
            return;
        }

        Watch(false);
        state.Rooms.Commit();
        if (Interlocked.Exchange(ref _stalled, 0) == 1)
            notices.ToEngine(new EngineBack());
        notices.Deliver();
        Answer();
    }

    private void Apply(Work work, EngineState state)
    {
        try
        {
            work.Apply(state);
        }
        catch (JournalDamagedException exception)
        {
            // Found before anything was changed: rows are read before they are written.
            EngineLog.Damaged(log, exception.Message);
            work.Refuse(EngineStatus.Degraded);
        }
    }

    private void Commit(Journal journal)
    {
        var started = time.GetTimestamp();
        journal.Commit();
        metrics.CommitMs.Record(time.GetElapsedTime(started).TotalMilliseconds);
        metrics.BatchSize.Record(_batch.Count);
    }

    private void Watch(bool begins)
    {
        if (options.Pumped)
            return;
        if (begins)
            Volatile.Write(ref _underWay, [.. _batch]);
        Interlocked.Exchange(ref _batchStarted, begins ? Math.Max(time.GetTimestamp(), 1) : 0);
    }

    private void Answer()
    {
        foreach (var work in _batch)
        {
            try
            {
                // The watch answered it before: a session that its caller does not know of is let go.
                if (!work.Complete() && work.Abandoned is { Id: not null } key)
                    queue.Add(new Request<EngineStatus>(state => state.Sessions.Detach(key, state.Clock.Steady), status => status, inline: false) { Abandons = _ => key }, beyondBound: true);
            }
            catch (Exception exception)
            {
                EngineLog.ListenerFailed(log, exception);
            }
        }
    }

    private void KeepHouse(EngineState state)
    {
        try
        {
            state.Log.Sweep(SweptRoomsPerTick);
            state.Rooms.Relieve(state.Subscriptions.Contains);
        }
        catch (JournalDamagedException exception)
        {
            EngineLog.Damaged(log, exception.Message);
        }

        state.Membership.DropPastRefusals();
    }

    private void Lose(Exception reason, EngineStatus outcome)
    {
        EngineLog.Lost(log, reason.Message);
        metrics.Failures.Add(1);
        var told = LostState.Of(_state!, notices, time.GetUtcNow());
        notices.Drop();
        _state!.Journal.Dispose();
        Volatile.Write(ref _lost, told);
        notices.Tell(new EngineLost(told.Since));
        foreach (var work in _batch)
            Fail(work, outcome);
    }

    private void Refuse()
    {
        foreach (var work in _batch)
        {
            if (!work.NeedsNoJournal)
            {
                Fail(work, EngineStatus.Degraded);
                continue;
            }

            work.Apply(_state!);
            work.Complete();
        }
    }

    private void Fail(Work work, EngineStatus status)
    {
        if (work.Abandoned is { Id: not null } key)
            _abandoned[key.Id] = key;
        try
        {
            work.Fail(status);
        }
        catch (Exception exception)
        {
            EngineLog.ListenerFailed(log, exception);
        }
    }

    private void TryReturn()
    {
        EngineState? state = null;
        try
        {
            state = opener.Reopen(_lost!, _abandoned.Values);
            state.Flush();
            Commit(state.Journal);
        }
        catch (Exception exception)
        {
            EngineLog.StillLost(log, exception.Message);
            notices.Drop();
            state?.Journal.Dispose();
            return;
        }

        _abandoned.Clear();
        Volatile.Write(ref _state, state);
        Volatile.Write(ref _lost, null);
        EngineLog.Back(log, state.Run.Number);
        state.Rooms.Commit();
        notices.ToEngine(new EngineBack());
        notices.Deliver();
    }

    /// <summary>S3: a disk that hangs must not keep callers waiting past their deadline.</summary>
    private void WatchDisk()
    {
        var started = Interlocked.Read(ref _batchStarted);
        if (started == 0)
            return;
        var hanging = time.GetElapsedTime(started);
        if (hanging < StallAfter)
            return;
        if (Interlocked.Exchange(ref _stalled, 1) == 0)
        {
            EngineLog.Stalled(log, (int)hanging.TotalMilliseconds);
            notices.Tell(new EngineLost(time.GetUtcNow() - hanging));
        }

        if (hanging.TotalMilliseconds < options.DeadlineMs)
            return;

        foreach (var work in Volatile.Read(ref _underWay))
            work.Fail(EngineStatus.Unknown);
        var waiting = new List<Work>();
        queue.Take(waiting, int.MaxValue, wait: false);
        foreach (var work in waiting)
        {
            // Letting go of a session or a room is answered, and still done when the disk is back.
            if (work.NeedsNoJournal || work.Abandoned is { Id: not null })
                queue.Add(work, beyondBound: true);
            work.Fail(EngineStatus.Degraded);
        }
    }
}
