// The engine of one process: a SQLite journal behind one writer thread. This file: its life, and the node. Calls come from any thread
// and only enqueue; what they change is changed by the writer.

using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Embedded;

public sealed partial class EmbeddedEngine : IEngine
{
    // Reopening after a failure, deleting what is past: once a second.
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    // SQLite takes a file of less than one page for a new one; a journal that was begun has more.
    private const int OnePage = 4_096;

    private readonly EmbeddedOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly EngineClock _clock;
    private readonly WorkQueue _queue;
    private readonly Subscriptions _subscriptions = new();
    private readonly EngineMetrics _metrics;
    private readonly DateTimeOffset _startedAt;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JournalWriter? _writer;
    private JournalOpener? _opener;
    private HistoryReader? _reader;
    private DataDirLock? _lock;
    private ITimer? _ticker;
    private StrongBox<NodeLoad> _load = new();
    private int _disposed;

    public EmbeddedEngine(EmbeddedOptions options, TimeProvider time, ILogger<EmbeddedEngine> log)
    {
        if (options.DataDir is null && !options.Pumped)
            throw new ArgumentException("A journal in memory is for a pumped engine.", nameof(options));
        _options = options;
        _time = time;
        _log = log;
        _clock = new EngineClock(time);
        _queue = new WorkQueue(options.QueueCapacity);
        _metrics = new EngineMetrics(() => _queue.Count, () => _writer?.Serving?.Sessions.Count ?? 0, () => _writer is { IsLost: true });
        _startedAt = time.GetUtcNow();
    }

    public ValueTask Start(IEngineListener listener, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            Begin(listener);
        }
        catch (Exception exception) when (exception is JournalException or JournalDamagedException)
        {
            Close();
            throw new EngineStartException(
                $"The journal can't be used: {exception.Message} Restore {Journal.FileName} (with -wal and -shm beside it) from a copy, or move it away to begin anew without its histories.",
                exception);
        }
        catch (EngineStartException)
        {
            Close();
            throw;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Runs the writer on this thread until nothing is left to do; only of a pumped engine.</summary>
    public void Pump()
    {
        if (!_options.Pumped || _writer is null)
            throw new InvalidOperationException("Not a pumped engine, or not started.");
        do
            _writer.RunOnce(wait: false);
        while (_queue.Count > 0);
    }

    public void Report(NodeLoad load) => Volatile.Write(ref _load, new StrongBox<NodeLoad>(load));

    public ValueTask<(EngineStatus Status, IReadOnlyList<NodeSummary> Nodes)> Nodes() =>
        new((EngineStatus.Ok, [new NodeSummary(_options.NodeId, _startedAt, Volatile.Read(ref _load).Value)]));

    public ValueTask<EngineStatus> Probe() => Ask(state =>
    {
        state.Journal.BeginIfNeeded();
        state.Journal.Meta.Set(MetaRows.Probe, state.Clock.Wall);
        return EngineStatus.Ok;
    });

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        if (_ticker is not null)
            await _ticker.DisposeAsync().ConfigureAwait(false);
        _queue.Close();
        if (_writer is not null)
        {
            if (_options.Pumped)
                Serve();
            await _ended.Task.ConfigureAwait(false);
        }

        Close();
    }

    private void Begin(IEngineListener listener)
    {
        if (_options.DataDir is { } directory)
        {
            _lock = DataDirLock.Take(directory);
            var path = new FileInfo(Path.Combine(directory, Journal.FileName));
            if (_lock.JournalWasBegun && path.Exists && path.Length < OnePage)
                throw new EngineStartException($"The journal {path.FullName} is cut short to nothing. Restore it from a copy, or delete it to begin anew.");
        }

        var notices = new PendingNotices(_subscriptions, listener, _log);
        _opener = new JournalOpener(_options, _clock, _subscriptions, notices, NewEpoch, _log);
        var state = _opener.OpenAtStart();
        _lock?.MarkBegun();
        _writer = new JournalWriter(_queue, _options, _opener, notices, _metrics, _time, _log);
        _writer.Begin(state);
        if (!_options.Pumped)
        {
            _reader = new HistoryReader(_opener.Path, _options.ReadConnections, _options.MaxReads);
            new Thread(Serve) { IsBackground = true, Name = "engine-writer" }.Start();
        }

        _ticker = _time.CreateTimer(_ => _writer.Tick(), null, TickPeriod, TickPeriod);
    }

    /// <summary>The writer's life, to the end.</summary>
    private void Serve()
    {
        try
        {
            _writer!.Run();
            _writer.End();
            EngineLog.Closed(_log);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void Close()
    {
        _reader?.Dispose();
        _opener?.Dispose();
        _lock?.Dispose();
        _metrics.Dispose();
    }

    private ValueTask<T> Ask<T>(Func<EngineState, T> apply, Func<EngineStatus, T> failed, Func<T, SessionKey?>? abandons = null, bool beyondBound = false)
    {
        var request = new Request<T>(apply, failed, inline: _options.Pumped) { Abandons = abandons };
        var status = _queue.Add(request, beyondBound);
        if (status != EngineStatus.Ok)
            request.Fail(status);
        return new ValueTask<T>(request.Answer);
    }

    private ValueTask<EngineStatus> Ask(Func<EngineState, EngineStatus> apply) => Ask(apply, status => status);

    /// <summary>Eight letters and digits: unique among the runs and forgotten histories of one journal.</summary>
    private static string NewEpoch() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 8);

    /// <summary>132 random bits.</summary>
    private static string NewSessionId() =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 22);
}
