// What waits for the writer thread: bounded, in order. Any thread adds, the writer takes.

namespace Gateway.Actors.Engine.Embedded;

internal sealed class WorkQueue(int capacity)
{
    private readonly object _gate = new();
    private readonly Queue<Work> _work = [];
    private bool _woken;
    private bool _closed;

    public int Count
    {
        get
        {
            lock (_gate)
                return _work.Count;
        }
    }

    /// <param name="beyondBound">For what must not be refused, and is bounded by the connections and rooms there are: letting go of them.</param>
    public EngineStatus Add(Work work, bool beyondBound)
    {
        lock (_gate)
        {
            if (_closed)
                return EngineStatus.Degraded;
            if (_work.Count >= capacity && !beyondBound)
                return EngineStatus.Busy;
            _work.Enqueue(work);
            if (_work.Count == 1)
                Monitor.Pulse(_gate);
            return EngineStatus.Ok;
        }
    }

    /// <summary>Makes the writer return from Take once, also without work.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _woken = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Nothing is taken in any more; what is there is still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>False: closed and empty.</summary>
    public bool Take(List<Work> batch, int limit, bool wait)
    {
        lock (_gate)
        {
            while (wait && _work.Count == 0 && !_woken && !_closed)
                Monitor.Wait(_gate);
            _woken = false;
            while (batch.Count < limit && _work.TryDequeue(out var work))
                batch.Add(work);
            return batch.Count > 0 || !_closed;
        }
    }
}
