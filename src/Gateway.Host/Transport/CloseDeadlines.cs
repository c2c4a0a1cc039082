// Ends connections whose close handshake takes too long: one timer for all of them, which runs on the thread pool.
// Holds a sink only between its close and its end, so there are never more of them than connections.

namespace Gateway.Host.Transport;

internal sealed class CloseDeadlines : IDisposable
{
    /// <summary>How long a peer may take to read what waits and to answer a close frame.</summary>
    public static readonly TimeSpan Handshake = TimeSpan.FromSeconds(5);

    /// <summary>How long one that broke the protocol may take to notice; its answer can't be understood any more.</summary>
    public static readonly TimeSpan AfterViolation = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<SocketSink, long> _deadlines = [];

    public CloseDeadlines(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static self => ((CloseDeadlines)self!).Sweep(), this, SweepEvery, SweepEvery);
    }

    /// <summary>How many closes are under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _deadlines.Count;
        }
    }

    /// <summary>An earlier deadline of the same sink stands.</summary>
    public void Add(SocketSink sink, TimeSpan allowed)
    {
        var deadline = _time.GetTimestamp() + (long)(allowed.TotalSeconds * _time.TimestampFrequency);
        lock (_gate)
        {
            if (!_deadlines.TryGetValue(sink, out var earlier) || earlier > deadline)
                _deadlines[sink] = deadline;
        }
    }

    public void Remove(SocketSink sink)
    {
        lock (_gate)
            _deadlines.Remove(sink);
    }

    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        List<SocketSink>? overdue = null;
        var now = _time.GetTimestamp();
        lock (_gate)
        {
            foreach (var (sink, deadline) in _deadlines)
            {
                if (deadline <= now)
                    (overdue ??= []).Add(sink);
            }

            foreach (var sink in overdue ?? [])
                _deadlines.Remove(sink);
        }

        foreach (var sink in overdue ?? [])
            sink.Abort();
    }
}
