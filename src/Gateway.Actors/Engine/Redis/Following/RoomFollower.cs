// What one room's listener has been told, and what is to be told next. It hears pushes and, where these leave something out, pages of what it
// missed; what it tells is always one contiguous run (E1). Pure: no I/O, no clock, no lock. Whoever owns it calls it from one thread at a time.

using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Redis.Following;

internal enum CatchUpStep
{
    /// <summary>Ask again, with the position as it is now.</summary>
    Again,
    Done,
}

internal sealed class RoomFollower
{
    /// <summary>Pushes that are kept while the room is read; past it they are dropped and the room is read once more.</summary>
    public const int MaxKept = 1_024;

    private const int FormerEpochs = 8;

    private readonly Queue<string> _formerEpochs = new();
    private readonly List<RoomEvent> _run = [];
    private List<RoomPush> _kept = [];
    private bool _hasDropped;
    private IRoomListener _listener;

    public RoomFollower(IRoomListener listener) => _listener = listener;

    public IRoomListener Listener => _listener;

    public RoomPosition Told { get; private set; }

    /// <summary>The presence version up to which was told; 0: none is known.</summary>
    public long Version { get; private set; }

    /// <summary>The partition's change number up to which was told.</summary>
    public long Change { get; private set; }

    public bool IsOpen { get; private set; }

    /// <summary>Something may have been missed: pushes are kept until a page was applied.</summary>
    public bool IsBehind { get; private set; } = true;

    /// <summary>Begins behind the room's position as read.</summary>
    /// <returns>Whether it follows; else it has to catch up.</returns>
    public bool Open(CatchUpPage state)
    {
        (Told, Version, Change, IsOpen) = (state.Position, state.Version, state.Change, true);
        return Drain();
    }

    /// <summary>The listener from now on; the former one was told everything up to <see cref="Told"/>, and hears nothing more.</summary>
    public void Replace(IRoomListener listener) => _listener = listener;

    public void FallBehind() => IsBehind = true;

    /// <returns>False: it has to catch up.</returns>
    public bool OnPush(in RoomPush push)
    {
        if (push.Kind == PushKind.Passing)
        {
            if (IsOpen)
                _listener.Notify(push.Notice!);
            return true;
        }

        if (!IsBehind && TryTell(push))
        {
            EndRun();
            return true;
        }

        EndRun();
        Keep(push);
        return false;
    }

    /// <summary>What the room said to (Told, Version, Change).</summary>
    public CatchUpStep Apply(CatchUpPage page)
    {
        if (page.Position.Epoch != Told.Epoch || page.Position.Top < Told.Top)
            Roll(page);
        foreach (var stored in page.Events)
            TellCaughtUp(stored);
        EndRun();
        foreach (var change in page.Presence)
        {
            if (change.Version > Version)
                TellPresence(change);
        }

        foreach (var cursor in page.Cursors)
            _listener.Notify(cursor);
        if (page.More || Told.Top < page.Position.Top)
        {
            // Nothing is left of what is missing.
            if (!page.More && page.Position.Epoch == Told.Epoch && page.First > page.Position.Top)
                SkipTo(page.Position.Top);
            else
                return CatchUpStep.Again;
        }

        Version = Math.Max(Version, page.Version);
        Change = page.Change;
        return Drain() ? CatchUpStep.Done : CatchUpStep.Again;
    }

    /// <summary>Goes through what was pushed meanwhile.</summary>
    private bool Drain()
    {
        IsBehind = _hasDropped;
        _hasDropped = false;
        var kept = _kept;
        _kept = [];
        foreach (var push in kept)
        {
            if (IsBehind || !TryTell(push))
                Keep(push);
        }

        EndRun();
        return !IsBehind;
    }

    private void Keep(in RoomPush push)
    {
        IsBehind = true;
        if (_hasDropped)
            return;
        if (_kept.Count < MaxKept)
        {
            _kept.Add(push);
            return;
        }

        _kept.Clear();
        _hasDropped = true;
    }

    /// <returns>False: it does not join on to what was told.</returns>
    private bool TryTell(in RoomPush push)
    {
        var joins = push.Kind switch
        {
            PushKind.Event => TryTellEvent(push.Event!),
            PushKind.Presence => TryTellPresence(push),
            PushKind.Cursor => TryTellCursor(push),
            _ => TryTellForgotten(push),
        };
        if (joins)
            Change = Math.Max(Change, push.Change);
        return joins;
    }

    private bool TryTellEvent(RoomEvent stored)
    {
        if (stored.Epoch != Told.Epoch)
        {
            if (_formerEpochs.Contains(stored.Epoch!))
                return true;
            // Where nothing was told yet, nothing told can be wrong.
            if (Told.Top > 0 || stored.Seq != 1)
                return false;
            Tell(new RoomRolled(new RoomPosition(stored.Epoch!, 0), GapReason.RolledBack, 0));
        }

        if (stored.Seq > Told.Top + 1)
            return false;
        if (stored.Seq == Told.Top + 1)
            Append(stored);
        return true;
    }

    private bool TryTellPresence(in RoomPush push)
    {
        if (push.Version <= Version)
            return true;
        if (push.Version != Version + 1 && Version != 0)
            return false;
        TellPresence(push);
        return true;
    }

    private bool TryTellCursor(in RoomPush push)
    {
        // One at or below was in a page.
        if (push.Change > Change)
        {
            EndRun();
            _listener.Notify(push.Notice!);
        }

        return true;
    }

    private bool TryTellForgotten(in RoomPush push)
    {
        if (push.Epoch == Told.Epoch || _formerEpochs.Contains(push.Epoch!))
            return true;
        if (push.Change <= Change)
            return false;
        Tell(new RoomRolled(new RoomPosition(push.Epoch!, 0), GapReason.Reset, 0));
        return true;
    }

    private void TellPresence(in RoomPush push)
    {
        EndRun();
        Version = push.Version;
        if (push.Notice is { } notice)
            _listener.Notify(notice);
    }

    /// <summary>The room goes on in another epoch: the lineage says what of what was told is still true.</summary>
    private void Roll(CatchUpPage page)
    {
        var epoch = page.Position.Epoch;
        var (continuity, cut) = page.Lineage.Judge(page.Position, Told.Epoch, Told.Top);
        if (continuity == Continuity.Proven || (Told.Top == 0 && page.First == 1))
            Tell(new RoomRolled(Told with { Epoch = epoch }, GapReason.RolledBack, Told.Top));
        else if (continuity == Continuity.RolledBack)
            Tell(new RoomRolled(new RoomPosition(epoch, cut), GapReason.RolledBack, cut));
        else
            Tell(new RoomRolled(new RoomPosition(epoch, page.First - 1), GapReason.Reset, 0));
    }

    private void TellCaughtUp(RoomEvent stored)
    {
        if (stored.Seq <= Told.Top || Told.Epoch.Length == 0)
            return;
        if (stored.Seq > Told.Top + 1)
            SkipTo(stored.Seq - 1);
        Append(stored);
    }

    /// <summary>What lies between is no longer kept: those who want it are told so when they read.</summary>
    private void SkipTo(long seq) => Tell(new RoomRolled(Told with { Top = seq }, GapReason.Trimmed, seq));

    private void Tell(RoomRolled rolled)
    {
        EndRun();
        if (rolled.Position.Epoch != Told.Epoch)
        {
            _formerEpochs.Enqueue(Told.Epoch);
            if (_formerEpochs.Count > FormerEpochs)
                _formerEpochs.Dequeue();
        }

        Told = rolled.Position;
        _listener.Notify(rolled);
    }

    private void Append(RoomEvent stored)
    {
        _run.Add(stored);
        Told = Told with { Top = stored.Seq };
    }

    private void EndRun()
    {
        if (_run.Count == 0)
            return;
        var run = _run.ToArray();
        _run.Clear();
        _listener.Notify(new EventsStored(Told.Epoch, run));
    }
}
