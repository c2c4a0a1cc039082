// An actor's two queues and its turn: many threads post, one at a time drains, as a thread-pool work item of its own. The system
// lane overtakes user messages. Never blocks beyond a gate of a few instructions, and never runs an actor on two threads.

using System.Buffers;

namespace Gateway.Actors.Kernel;

internal sealed class Mailbox(ActorCell cell, int capacity) : IThreadPoolWorkItem
{
    /// <summary>The array that an actor keeps while idle; larger ones are borrowed while they are needed.</summary>
    private const int SmallLength = 4;

    /// <summary>A drained array more than this many times too long is given back under load, too.</summary>
    private const int SlackFactor = 8;

    // The gate guards everything down to _closed. The drainer alone reads and writes the rest (_unread is read by producers).
    private int _gate;
    private Envelope[] _inbox = [];
    private int _inboxCount;
    private Envelope[]? _small;
    private SystemMessage? _systemHead;
    private SystemMessage? _systemTail;
    private bool _scheduled;
    private bool _suspended = true;
    private bool _closed;

    private Envelope[] _batch = [];
    private int _batchHead;
    private int _batchCount;
    private int _unread;
    private Queue<Envelope>? _front;

    /// <param name="bounded">False for what the actor itself asked for, which must not be refused.</param>
    public TellOutcome Post(object message, ActorRef? sender, bool bounded = true)
    {
        EnterGate();
        if (_closed || (bounded && _inboxCount + Volatile.Read(ref _unread) >= capacity))
        {
            var refusal = _closed ? TellOutcome.Stopped : TellOutcome.Full;
            ExitGate();
            return refusal;
        }

        if (_inboxCount == _inbox.Length)
            Grow();
        _inbox[_inboxCount++] = new Envelope(message, sender);
        var wake = !_scheduled && !_suspended;
        if (wake)
            _scheduled = true;
        ExitGate();
        if (wake)
            cell.System.Dispatcher.Schedule(this);
        return TellOutcome.Accepted;
    }

    public bool PostSystem(SystemMessage message)
    {
        EnterGate();
        if (_closed)
        {
            ExitGate();
            return false;
        }

        if (_systemTail is null)
            _systemHead = message;
        else
            _systemTail.Next = message;
        _systemTail = message;
        var wake = !_scheduled;
        _scheduled = true;
        ExitGate();
        if (wake)
            cell.System.Dispatcher.Schedule(this);
        return true;
    }

    /// <summary>One turn: what the system lane holds, then user messages up to the budget, looking at the system lane before each.</summary>
    public void Execute()
    {
        for (var budget = cell.System.Throughput; budget > 0; budget--)
        {
            if (!TryNext(out var envelope))
                return;
            cell.Invoke(envelope);
        }

        cell.System.Dispatcher.Schedule(this);
    }

    /// <summary>Puts messages before all that wait; on the actor's turn.</summary>
    public void Prepend(Queue<Envelope> messages)
    {
        while (_front is not null && _front.TryDequeue(out var later))
            messages.Enqueue(later);
        _front = messages;
    }

    /// <summary>Ends the mailbox for good, on the actor's turn: what waits is handed back, what comes is refused.</summary>
    public void Close(Action<Envelope> undelivered, Action<SystemMessage> unhandled)
    {
        EnterGate();
        _closed = true;
        var inbox = _inbox;
        var count = _inboxCount;
        var system = _systemHead;
        (_inbox, _inboxCount, _systemHead, _systemTail, _small) = ([], 0, null, null, null);
        ExitGate();

        while (_front is not null && _front.TryDequeue(out var envelope))
            undelivered(envelope);
        foreach (var envelope in _batch.AsSpan(_batchHead, _batchCount - _batchHead))
            undelivered(envelope);
        foreach (var envelope in inbox.AsSpan(0, count))
            undelivered(envelope);
        for (; system is not null; system = system.Next)
            unhandled(system);
        (_batch, _batchHead, _batchCount, _front) = ([], 0, 0, null);
    }

    /// <summary>The next user message that may be handled now. False: the turn is over, the actor is idle, suspended or ended.</summary>
    private bool TryNext(out Envelope envelope)
    {
        while (true)
        {
            if (Volatile.Read(ref _systemHead) is not null)
                DrainSystemLane();
            if (_closed)
                break;
            if (cell.IsSuspended != _suspended)
                PublishSuspended();

            if (!_suspended)
            {
                if (_front is not null && TryTakeFront(out envelope))
                    return true;
                if (_batchHead < _batchCount)
                {
                    Take(out envelope);
                    return true;
                }
            }

            if (!TryRefill())
                break;
        }

        envelope = default;
        return false;
    }

    private void Take(out Envelope envelope)
    {
        ref var slot = ref _batch[_batchHead++];
        envelope = slot;
        slot = default;
        if (capacity != int.MaxValue)
            Volatile.Write(ref _unread, _batchCount - _batchHead);
    }

    private bool TryTakeFront(out Envelope envelope)
    {
        if (_front!.TryDequeue(out envelope))
            return true;
        _front = null;
        return false;
    }

    private void DrainSystemLane()
    {
        while (!_closed)
        {
            EnterGate();
            var message = _systemHead;
            _systemHead = message?.Next;
            if (_systemHead is null)
                _systemTail = null;
            ExitGate();
            if (message is null)
                return;
            message.Next = null;
            cell.Handle(message);
        }
    }

    /// <summary>
    /// Takes over what was posted meanwhile; false: there was nothing, and the mailbox is idle now. That is decided under the gate
    /// that every post passes, so a message is either seen here or finds the mailbox idle and wakes it: no wake-up is lost.
    /// After false this thread must not touch the mailbox: another may be running it.
    /// </summary>
    private bool TryRefill()
    {
        Envelope[] surplus = [], surplusBatch = [];
        EnterGate();
        var idle = _systemHead is null && (_suspended || _inboxCount == 0);
        if (idle)
        {
            _scheduled = false;
            if (!_suspended)
                (surplus, surplusBatch) = Shrink();
        }
        else if (!_suspended && _inboxCount > 0)
        {
            var drained = _batch;
            if (drained.Length > SlackFactor * Math.Max(_inboxCount, SmallLength))
                (surplus, drained) = (drained, []);
            (_batch, _batchHead, _batchCount) = (_inbox, 0, _inboxCount);
            (_inbox, _inboxCount) = (drained, 0);
            if (capacity != int.MaxValue)
                Volatile.Write(ref _unread, _batchCount);
        }

        ExitGate();
        GiveBack(surplus);
        GiveBack(surplusBatch);
        return !idle;
    }

    /// <summary>Leaves both queues, known to be empty, with the small array alone; under the gate.</summary>
    private (Envelope[] Inbox, Envelope[] Batch) Shrink()
    {
        var (inbox, batch) = (_inbox, _batch);
        (_inbox, _batch, _batchHead, _batchCount) = (_small ?? [], [], 0, 0);
        return (inbox, batch);
    }

    /// <summary>Under the gate, which is opened should there be no memory left.</summary>
    private void Grow()
    {
        try
        {
            if (_inbox.Length == 0 && !ReferenceEquals(_batch, _small))
            {
                _inbox = _small ??= new Envelope[SmallLength];
                return;
            }

            var larger = ArrayPool<Envelope>.Shared.Rent(Math.Max(_inbox.Length, SmallLength) * 2);
            _inbox.AsSpan(0, _inboxCount).CopyTo(larger);
            _inbox.AsSpan(0, _inboxCount).Clear();
            var smaller = _inbox;
            _inbox = larger;
            GiveBack(smaller);
        }
        catch
        {
            ExitGate();
            throw;
        }
    }

    private static void GiveBack(Envelope[] array)
    {
        if (array.Length > SmallLength)
            ArrayPool<Envelope>.Shared.Return(array);
    }

    private void PublishSuspended()
    {
        EnterGate();
        _suspended = cell.IsSuspended;
        ExitGate();
    }

    private void EnterGate()
    {
        if (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
            EnterContendedGate();
    }

    private void EnterContendedGate()
    {
        // The holder needs some ten nanoseconds unless it was preempted: spin, then yield, and sleep only when that lasts.
        var spinner = new SpinWait();
        do
            spinner.SpinOnce(sleep1Threshold: 100);
        while (Volatile.Read(ref _gate) != 0 || Interlocked.CompareExchange(ref _gate, 1, 0) != 0);
    }

    private void ExitGate() => Volatile.Write(ref _gate, 0);
}
