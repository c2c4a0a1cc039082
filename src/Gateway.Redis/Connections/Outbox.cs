// All that a lane was given and has not answered: what waits for a connection, what gathers for the next write, what was written. Callers on any
// thread offer; one flusher takes; one reader answers; a timer looks for the overdue. Every bound of a connection is kept here.

namespace Gateway.Redis.Connections;

/// <param name="waits">Whether commands wait while there is no connection.</param>
internal sealed class Outbox(RedisOptions options, bool waits, TimeProvider time)
{
    private const int KeptBatches = 4;

    private readonly Lock _lock = new();
    private readonly Queue<Entry> _waiting = new();
    private readonly Queue<Batch> _written = new();
    private readonly Stack<Batch> _idle = new();
    private readonly long _ticksAMillisecond = Math.Max(1, time.TimestampFrequency / 1000);
    private byte[] _runId = [];
    private OutboxState _state = OutboxState.Shut;
    private Batch? _gathering;
    private Batch? _reading;
    private int _life;
    private bool _isFlushing;
    private long _accepted;
    private long _answered;
    private long _queuedBytes;
    private long _writingBytes;
    private long _patience;

    /// <summary>How many writes the socket was given.</summary>
    public long Flushes { get; private set; }

    public bool IsIdle => Volatile.Read(ref _accepted) == Volatile.Read(ref _answered);

    /// <summary>All are taken, together and in order, or none.</summary>
    /// <param name="isPreparing">They are part of the preparation of a connection, so they need not wait for its end.</param>
    /// <param name="life">Whose flusher is to be started, where one is.</param>
    public Offered Offer(ReadOnlySpan<RedisCommand> commands, ReadOnlySpan<IRedisCaller> callers, bool isPreparing, out int life)
    {
        life = 0;
        var bytes = 0L;
        foreach (var command in commands)
            bytes += command.Length;
        var now = time.GetTimestamp();
        lock (_lock)
        {
            if (_state == OutboxState.Closed)
                return Offered.NotSent;
            if (_accepted - Volatile.Read(ref _answered) + commands.Length > options.MaxInFlight || _queuedBytes + bytes > options.MaxQueuedBytes)
                return Offered.Busy;
            var isNow = _state == OutboxState.Open || (isPreparing && _state == OutboxState.Preparing);
            if (!isNow && !waits)
                return Offered.NotSent;

            for (var i = 0; i < commands.Length; i++)
            {
                var entry = new Entry(commands[i], callers[i], now + (Timeout(commands[i]) * _ticksAMillisecond), isPreparing && isNow);
                if (isNow)
                    Gather(entry);
                else
                    _waiting.Enqueue(entry);
            }

            Volatile.Write(ref _accepted, _accepted + commands.Length);
            _queuedBytes += bytes;
            life = _life;
            return isNow && StartFlushing() ? Offered.TakenFlush : Offered.Taken;
        }
    }

    /// <summary>A connection is there, for its preparation alone.</summary>
    /// <param name="life">A number that no connection had before; its flusher names it.</param>
    public void BeginPreparing(int life, byte[] runId)
    {
        lock (_lock)
        {
            _runId = runId;
            _life = life;
            _state = OutboxState.Preparing;
        }
    }

    /// <summary>Nothing more is written to this connection; what was written is still answered.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (_state != OutboxState.Closed)
                _state = OutboxState.Shut;
        }
    }

    /// <summary>Whatever waited goes on; returns whether the flusher has to be started.</summary>
    public bool Open()
    {
        lock (_lock)
        {
            _state = OutboxState.Open;
            // What has waited still gets a fair time to be answered in; the connection is not to blame for the wait.
            var atLeast = time.GetTimestamp() + (options.CommandTimeoutMs / 2 * _ticksAMillisecond);
            while (_waiting.TryDequeue(out var entry))
                Gather(entry with { Deadline = Math.Max(entry.Deadline, atLeast) });
            return _gathering is { Count: > 0 } && StartFlushing();
        }
    }

    /// <summary>What has gathered since the last write; the flusher alone calls it, again and again until there is nothing.</summary>
    public bool TryTake(int life, Batch? previous, out Batch batch)
    {
        lock (_lock)
        {
            batch = null!;
            if (life != _life || _state is OutboxState.Shut or OutboxState.Closed)
                return false;
            _queuedBytes -= _writingBytes;
            _writingBytes = 0;
            if (previous is not null)
            {
                previous.IsWritten = true;
                Recycle(previous);
            }

            if (_gathering is not { Count: > 0 } gathered)
            {
                _isFlushing = false;
                return false;
            }

            _gathering = null;
            _written.Enqueue(gathered);
            _writingBytes = gathered.Length;
            Flushes++;
            batch = gathered;
            return true;
        }
    }

    /// <summary>Whose answer comes next; the reader alone calls it.</summary>
    public bool TryAnswer(out Entry entry)
    {
        entry = default;
        if (_reading is null)
        {
            lock (_lock)
                _written.TryPeek(out _reading);
            if (_reading is null)
                return false;
        }

        entry = _reading.TakeNext();
        Volatile.Write(ref _answered, _answered + 1);
        if (entry.Command.DeadlineMs > options.CommandTimeoutMs)
            // Those behind a slow command waited for it, by right; they get the usual time from here.
            Volatile.Write(ref _patience, time.GetTimestamp() + (options.CommandTimeoutMs * _ticksAMillisecond));
        if (_reading.Next < _reading.Count)
            return true;

        lock (_lock)
        {
            var answered = _written.Dequeue();
            answered.IsAnswered = true;
            Recycle(answered);
            _reading = null;
        }

        return true;
    }

    /// <summary>Whose answer comes next, without taking it; the reader alone calls it.</summary>
    public bool TryPeek(out Entry entry)
    {
        lock (_lock)
        {
            var isThere = _written.TryPeek(out var batch);
            entry = isThere ? batch!.Entries[batch.Next] : default;
            return isThere;
        }
    }

    /// <summary>Whether the oldest that was written has waited beyond its deadline.</summary>
    public bool IsOverdue(long now)
    {
        lock (_lock)
        {
            return _written.TryPeek(out var batch) && batch.Next is var next && next < batch.Count
                && batch.Entries[next].Deadline < now && Volatile.Read(ref _patience) < now;
        }
    }

    /// <summary>Takes out what has waited for a connection beyond its deadline.</summary>
    public List<Entry> Expire(long now)
    {
        List<Entry> expired = [];
        lock (_lock)
        {
            for (var left = _waiting.Count; left > 0; left--)
            {
                var entry = _waiting.Dequeue();
                if (entry.Deadline >= now)
                    _waiting.Enqueue(entry);
                else
                    expired.Add(entry);
            }

            foreach (var entry in expired)
                _queuedBytes -= entry.Command.Length;
            Volatile.Write(ref _accepted, _accepted - expired.Count);
        }

        return expired;
    }

    /// <summary>The connection has ended, and its reader with it.</summary>
    /// <param name="forGood">None comes after it.</param>
    public OutboxRemains Shut(bool forGood)
    {
        var remains = new OutboxRemains();
        lock (_lock)
        {
            _state = forGood ? OutboxState.Closed : OutboxState.Shut;
            _life = 0;
            _isFlushing = false;
            foreach (var batch in _written)
                remains.Written.AddRange(batch.Entries[batch.Next..]);
            if (_gathering is { } gathered)
                Unsent(gathered, remains, forGood);
            while (forGood && _waiting.TryDequeue(out var entry))
                remains.Unsent.Add(entry);

            // A write of the life that ended may still read its batch, so no batch of it is used again.
            _written.Clear();
            (_gathering, _reading, _writingBytes) = (null, null, 0);
            _queuedBytes = _waiting.Sum(entry => (long)entry.Command.Length);
            Volatile.Write(ref _accepted, _answered + _waiting.Count);
        }

        return remains;
    }

    private void Unsent(Batch gathered, OutboxRemains remains, bool forGood)
    {
        foreach (var entry in gathered.Entries)
        {
            if (waits && !forGood && !entry.IsOfThisLife)
                _waiting.Enqueue(entry);
            else
                remains.Unsent.Add(entry);
        }
    }

    private void Gather(in Entry entry)
    {
        _gathering ??= _idle.Count > 0 ? _idle.Pop() : new Batch();
        _gathering.Add(entry, _runId);
    }

    private bool StartFlushing()
    {
        if (_isFlushing)
            return false;
        _isFlushing = true;
        return true;
    }

    private void Recycle(Batch batch)
    {
        if (!batch.IsWritten || !batch.IsAnswered)
            return;
        if (_idle.Count < KeptBatches && batch.IsWorthKeeping)
        {
            batch.Clear();
            _idle.Push(batch);
        }
        else
        {
            batch.Release();
        }
    }

    private long Timeout(RedisCommand command) => command.DeadlineMs > 0 ? command.DeadlineMs : options.CommandTimeoutMs;
}
