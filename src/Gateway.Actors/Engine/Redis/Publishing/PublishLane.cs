// What is to be done in one partition in the order in which it came, through failures of any kind. When something could not be done the lane
// stops, waits until everything under way has an answer, puts back what failed, in order, and goes on in a while, until each entry's time is over.
// It does no I/O of its own and has no clock: the port sends, and time is an argument.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class PublishLane(ILanePort port, LaneBounds bounds, Func<long> now)
{
    // A slot that moved answers at once; a failover takes seconds.
    private const int ShortestPauseMs = 20;
    private const int LongestPauseMs = 250;

    private readonly Lock _gate = new();
    private readonly Queue<LaneEntry> _waiting = new();
    private readonly Queue<LaneEntry> _underWay = new();
    private readonly List<LaneEntry> _failed = [];
    private List<(LaneEntry Entry, EngineStatus Status)> _over = [];
    private int _unanswered;
    private long _ordinal;
    private long _resumeAt;
    private int _pauseMs;
    private bool _isStopping;
    private bool _isPaused;
    private bool _isClosed;
    private bool _isFlowing;

    public void Add(LaneEntry entry)
    {
        lock (_gate)
        {
            (entry.Lane, entry.Ordinal, entry.DeadlineAt) = (this, _ordinal++, now() + bounds.DeadlineMs);
            if (_isClosed)
                Settle(entry, EngineStatus.Degraded);
            else
                _waiting.Enqueue(entry);
            Flow();
        }

        TellOver();
    }

    public void OnReply(LaneEntry entry, in RedisReply reply)
    {
        if (reply.Error is { } error)
        {
            OnError(entry, error);
            return;
        }

        var done = false;
        lock (_gate)
        {
            if (!entry.Take(reply))
            {
                Answered(entry);
                GiveBack(entry, mayBeDone: true);
            }
            else if (entry.Batch is null)
            {
                Answered(entry);
                _pauseMs = 0;
                done = !entry.IsSettled;
                entry.IsSettled = true;
            }
            else
            {
                // Its batch's WAIT is still to be answered.
                return;
            }

            GoOn();
        }

        if (done)
        {
            port.Released(1);
            entry.Complete();
        }

        TellOver();
    }

    public void OnFailure(LaneEntry entry, RedisFailure failure)
    {
        lock (_gate)
        {
            Answered(entry);
            GiveBack(entry, failure == RedisFailure.Unknown);
            GoOn();
        }

        TellOver();
    }

    public void OnReplicated(LaneBatch batch, bool isReplicated)
    {
        lock (_gate)
        {
            foreach (var entry in batch.Entries)
            {
                if (entry.Batch != batch)
                    continue;
                Answered(entry);
                if (!isReplicated)
                    GiveBack(entry, mayBeDone: true);
                else
                    Settle(entry, EngineStatus.Ok);
            }

            if (isReplicated)
                _pauseMs = 0;
            GoOn();
        }

        TellOver();
    }

    /// <summary>Goes on after a pause, and ends what took too long.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            var time = now();
            EndOverdue(_waiting, time);
            EndOverdue(_underWay, time);
            if (_failed.RemoveAll(entry => time >= entry.DeadlineAt && End(entry)) > 0)
                GoOn();
            if (_isPaused && time >= _resumeAt)
            {
                _isPaused = false;
                Flow();
            }
        }

        TellOver();
    }

    /// <summary>Nothing more is sent; what waits is over.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_waiting.TryDequeue(out var entry))
                End(entry);
            foreach (var entry in _failed)
                End(entry);
            _failed.Clear();
        }

        TellOver();
    }

    private void OnError(LaneEntry entry, RedisError error)
    {
        lock (_gate)
        {
            Answered(entry);
            entry.Ask = error.Code == RedisErrorCode.Ask ? error : null;
            if (error.Code == RedisErrorCode.Moved)
                port.Redirected(error);
            // A function that failed is Other: how far it came is not known, and it would fail again.
            entry.MayBeDone |= error.Code == RedisErrorCode.Other;
            if (error.Code is RedisErrorCode.OutOfMemory or RedisErrorCode.NoAuth or RedisErrorCode.NoPermission or RedisErrorCode.Other)
                End(entry);
            else
                GiveBack(entry, error.Code == RedisErrorCode.Lost);

            GoOn();
        }

        TellOver();
    }

    private void Answered(LaneEntry entry)
    {
        entry.IsAnswered = true;
        entry.Batch = null;
        _unanswered--;
        while (_underWay.TryPeek(out var oldest) && oldest.IsAnswered)
            _underWay.Dequeue();
    }

    /// <summary>It is to be sent again, or over where that can't be.</summary>
    private void GiveBack(LaneEntry entry, bool mayBeDone)
    {
        entry.MayBeDone |= mayBeDone;
        _isStopping = true;
        if (entry.IsSettled)
            return;
        if (_isClosed || now() >= entry.DeadlineAt || (mayBeDone && !entry.IsRepeatable))
            End(entry);
        else
            _failed.Add(entry);
    }

    private void GoOn()
    {
        if (_isStopping && _unanswered == 0)
            Pause();
        Flow();
    }

    /// <summary>Nothing is under way any more: what failed goes back to the front.</summary>
    private void Pause()
    {
        _isStopping = false;
        _isPaused = true;
        _pauseMs = Math.Clamp(_pauseMs * 2, ShortestPauseMs, LongestPauseMs);
        _resumeAt = now() + _pauseMs;
        if (_failed.Count == 0)
            return;
        port.Retrying(_failed.Count);
        _failed.Sort(static (one, other) => one.Ordinal.CompareTo(other.Ordinal));
        _failed.AddRange(_waiting);
        _waiting.Clear();
        foreach (var entry in _failed)
            _waiting.Enqueue(entry);
        _failed.Clear();
    }

    /// <summary>Sends what may be sent. An answer may come within the sending, and comes back here.</summary>
    private void Flow()
    {
        if (_isFlowing)
            return;
        _isFlowing = true;
        while (!_isStopping && !_isPaused && _waiting.Count > 0 && _unanswered < (port.WaitsForReplica ? 1 : bounds.Window))
        {
            if (port.WaitsForReplica)
                SendBatch();
            else if (_waiting.Dequeue() is { IsSettled: false } entry)
                Send(entry);
            if (_isStopping && _unanswered == 0)
                Pause();
        }

        _isFlowing = false;
    }

    private void Send(LaneEntry entry)
    {
        _unanswered++;
        entry.IsAnswered = false;
        _underWay.Enqueue(entry);
        port.Send(entry);
    }

    private void SendBatch()
    {
        var batch = LaneBatch.Gather(this, _waiting, bounds.Window);
        if (batch.Entries.Length == 0)
            return;
        foreach (var entry in batch.Entries)
        {
            _unanswered++;
            (entry.IsAnswered, entry.Batch) = (false, batch);
            _underWay.Enqueue(entry);
        }

        port.SendWithWait(batch);
    }

    private void EndOverdue(Queue<LaneEntry> entries, long time)
    {
        // The oldest are in front: they were put back in order.
        foreach (var entry in entries)
        {
            if (time < entry.DeadlineAt)
                break;
            // What is under way may yet be done.
            entry.MayBeDone |= ReferenceEquals(entries, _underWay);
            End(entry);
        }

        while (entries == _waiting && entries.TryPeek(out var oldest) && oldest.IsSettled)
            entries.Dequeue();
    }

    private bool End(LaneEntry entry)
    {
        Settle(entry, entry.MayBeDone ? EngineStatus.Unknown : EngineStatus.Degraded);
        return true;
    }

    private void Settle(LaneEntry entry, EngineStatus status)
    {
        if (entry.IsSettled)
            return;
        entry.IsSettled = true;
        _over.Add((entry, status));
    }

    /// <summary>Outside the lock, since whoever hears of it may publish again.</summary>
    private void TellOver()
    {
        if (_gate.IsHeldByCurrentThread)
            return;
        List<(LaneEntry Entry, EngineStatus Status)> over;
        lock (_gate)
        {
            if (_over.Count == 0)
                return;
            (over, _over) = (_over, []);
        }

        port.Released(over.Count);
        foreach (var (entry, status) in over)
        {
            if (status == EngineStatus.Ok)
                entry.Complete();
            else
                entry.Fail(status);
        }
    }
}
