// Runs actors one after another on the thread that calls RunUntilIdle: nothing happens in between. In the order in which they
// became ready or, with a seed, in an order that the seed decides and repeats.

using Gateway.Actors.Kernel;

namespace Gateway.TestKit;

public sealed class SingleThreadDispatcher : IDispatcher
{
    private const int MaxTurns = 10_000_000;

    private readonly Lock _lock = new();
    private readonly List<IThreadPoolWorkItem> _ready = [];
    private readonly Random? _random;
    private int _next;
    private bool _running;

    public SingleThreadDispatcher(int? seed = null) => _random = seed is { } s ? new Random(s) : null;

    /// <summary>How many wait for their turn.</summary>
    public int Ready
    {
        get
        {
            lock (_lock)
                return _ready.Count - _next;
        }
    }

    public void Schedule(IThreadPoolWorkItem work)
    {
        lock (_lock)
            _ready.Add(work);
    }

    /// <summary>Gives turns until no one has anything to do. Called from within a turn it does nothing.</summary>
    /// <returns>How many turns it gave.</returns>
    public int RunUntilIdle()
    {
        if (_running)
            return 0;
        _running = true;
        try
        {
            var turns = 0;
            for (; TryTake() is { } work; turns++)
            {
                if (turns == MaxTurns)
                    throw new InvalidOperationException($"Not idle after {MaxTurns} turns: do actors tell each other without end?");
                work.Execute();
            }

            return turns;
        }
        finally
        {
            _running = false;
        }
    }

    private IThreadPoolWorkItem? TryTake()
    {
        lock (_lock)
        {
            if (_next == _ready.Count)
            {
                _ready.Clear();
                _next = 0;
                return null;
            }

            if (_random is not null)
            {
                var pick = _random.Next(_next, _ready.Count);
                (_ready[_next], _ready[pick]) = (_ready[pick], _ready[_next]);
            }

            return _ready[_next++];
        }
    }
}
