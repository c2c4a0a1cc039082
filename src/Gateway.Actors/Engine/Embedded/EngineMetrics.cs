// What the embedded engine measures. Belongs to one engine.

using System.Diagnostics.Metrics;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class EngineMetrics : IDisposable
{
    public const string MeterName = "Gateway.Engine";

    private readonly Meter _meter = new(MeterName);

    public EngineMetrics(Func<int> queueDepth, Func<int> sessions, Func<bool> isDegraded)
    {
        CommitMs = _meter.CreateHistogram<double>("gateway.engine.commit.duration", "ms", "Duration of a journal commit.");
        BatchSize = _meter.CreateHistogram<int>("gateway.engine.batch.size", "{operation}", "Operations in a transaction.");
        Stored = _meter.CreateCounter<long>("gateway.engine.events.stored", "{event}", "Events stored.");
        Duplicates = _meter.CreateCounter<long>("gateway.engine.events.duplicate", "{event}", "Publications answered as duplicates.");
        Relayed = _meter.CreateCounter<long>("gateway.engine.events.relayed", "{event}", "Events relayed and not stored.");
        Failures = _meter.CreateCounter<long>("gateway.engine.failures", "{failure}", "Times that the journal was lost.");
        _meter.CreateObservableGauge("gateway.engine.queue.depth", queueDepth, "{operation}", "Operations that wait for the writer.");
        _meter.CreateObservableGauge("gateway.sessions", sessions, "{session}", "Sessions, those that wait to be resumed included.");
        _meter.CreateObservableGauge("gateway.engine.degraded", () => isDegraded() ? 1 : 0, description: "1 while the journal is away.");
    }

    public Histogram<double> CommitMs { get; }

    public Histogram<int> BatchSize { get; }

    public Counter<long> Stored { get; }

    public Counter<long> Duplicates { get; }

    public Counter<long> Relayed { get; }

    public Counter<long> Failures { get; }

    public void Dispose() => _meter.Dispose();
}
