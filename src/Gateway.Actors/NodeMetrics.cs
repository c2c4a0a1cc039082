// What the actors of a node count. Instruments of the meter "Gateway.Node"; whoever listens (the host's /metrics) names the format.

using System.Diagnostics.Metrics;
using Gateway.Protocol;

namespace Gateway.Actors;

internal sealed class NodeMetrics : IDisposable
{
    public const string MeterName = "Gateway.Node";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _eventsIn;
    private readonly Counter<long> _eventsOut;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _lagging;
    private readonly Counter<long> _resumed;
    private readonly Counter<long> _errors;
    private readonly Counter<long> _closed;
    private readonly Histogram<double> _fanOut;

    public NodeMetrics()
    {
        _eventsIn = _meter.CreateCounter<long>("gateway.events.in", description: "Events that clients published.");
        _eventsOut = _meter.CreateCounter<long>("gateway.events.out", description: "Events handed to connections.");
        _dropped = _meter.CreateCounter<long>("gateway.events.dropped", description: "Ephemeral events and notices that a slow connection missed.");
        _lagging = _meter.CreateCounter<long>("gateway.lagging", description: "Connections that fell behind and were sent to history.");
        _resumed = _meter.CreateCounter<long>("gateway.sessions.resumed", description: "Sessions taken over by a new connection.");
        _errors = _meter.CreateCounter<long>("gateway.errors", description: "Errors told to clients, by code.");
        _closed = _meter.CreateCounter<long>("gateway.closes", description: "Connections the gateway closed, by code.");
        _fanOut = _meter.CreateHistogram<double>("gateway.fanout.latency", "ms", "From an event's timestamp to its hand-over to every local member.");
    }

    /// <summary>A figure that is read when somebody asks.</summary>
    public void Observe(string name, string description, Func<long> read) =>
        _meter.CreateObservableGauge(name, read, description: description);

    public void EventIn() => _eventsIn.Add(1);

    public void FannedOut(int deliveries, long latencyMs)
    {
        _eventsOut.Add(deliveries);
        _fanOut.Record(Math.Max(0, latencyMs));
    }

    public void Dropped(int events) => _dropped.Add(events);

    public void FellBehind() => _lagging.Add(1);

    public void Resumed() => _resumed.Add(1);

    public void Error(ErrorCode code) => _errors.Add(1, new KeyValuePair<string, object?>("code", code.ToString()));

    public void Closed(CloseCode code) => _closed.Add(1, new KeyValuePair<string, object?>("code", (int)code));

    public void Dispose() => _meter.Dispose();
}
