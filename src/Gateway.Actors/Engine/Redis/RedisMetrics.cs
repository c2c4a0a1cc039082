// What the Redis engine measures. Belongs to one engine.

using System.Diagnostics.Metrics;

namespace Gateway.Actors.Engine.Redis;

internal sealed class RedisMetrics : IDisposable
{
    public const string MeterName = "Gateway.Engine";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _calls;

    public RedisMetrics()
    {
        Stored = _meter.CreateCounter<long>("gateway.engine.events.stored", "{event}", "Events stored.");
        Duplicates = _meter.CreateCounter<long>("gateway.engine.events.duplicate", "{event}", "Publications answered as duplicates.");
        Relayed = _meter.CreateCounter<long>("gateway.engine.events.relayed", "{event}", "Events relayed and not stored.");
        Retries = _meter.CreateCounter<long>("gateway.engine.publish.retries", "{event}", "Publications sent again.");
        Resyncs = _meter.CreateCounter<long>("gateway.engine.resyncs", "{room}", "Times that a room read what its pushes had left out.");
        Failures = _meter.CreateCounter<long>("gateway.engine.failures", "{failure}", "Times that Redis was lost.");
        Fencings = _meter.CreateCounter<long>("gateway.engine.fencings", "{fencing}", "Times that this node took a new incarnation.");
        LateBeats = _meter.CreateCounter<long>("gateway.engine.beats.late", "{beat}", "Beats that came more than two seconds after the one before.");
        LostMs = _meter.CreateCounter<long>("gateway.engine.lost.duration", "ms", "Time for which Redis was lost.");
        _calls = _meter.CreateCounter<long>("gateway.engine.calls", "{call}", "Functions called in Redis beside publishing, by outcome.");
    }

    public Counter<long> Stored { get; }

    public Counter<long> Duplicates { get; }

    public Counter<long> Relayed { get; }

    public Counter<long> Retries { get; }

    public Counter<long> Resyncs { get; }

    public Counter<long> Failures { get; }

    public Counter<long> Fencings { get; }

    public Counter<long> LateBeats { get; }

    public Counter<long> LostMs { get; }

    public void Called(EngineStatus outcome) => _calls.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    public void Observe(string name, string unit, string description, Func<long> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    public void Dispose() => _meter.Dispose();
}
