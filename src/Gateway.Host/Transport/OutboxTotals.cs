// What waits for slow peers on this node, all outboxes together; for the metrics. Thread-safe.

using System.Diagnostics.Metrics;

namespace Gateway.Host.Transport;

internal sealed class OutboxTotals : IDisposable
{
    private readonly Meter _meter = new("Gateway.Transport");
    private long _events;
    private long _bytes;

    public OutboxTotals()
    {
        _meter.CreateObservableGauge("gateway.outbox.events", () => Events, "{event}", "Events that wait for slow connections.");
        _meter.CreateObservableGauge("gateway.outbox.bytes", () => Bytes, "By", "Bytes that wait for slow connections.");
    }

    public long Events => Interlocked.Read(ref _events);

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(int events, int bytes)
    {
        if (events != 0)
            Interlocked.Add(ref _events, events);
        if (bytes != 0)
            Interlocked.Add(ref _bytes, bytes);
    }

    public void Dispose() => _meter.Dispose();
}
