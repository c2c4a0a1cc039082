// The value of one instrument under one set of labels. Written by whichever thread measures, read by a scrape; no locks.

namespace Gateway.Host.Metrics;

internal sealed class MetricCell(double[] bounds)
{
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private double _sum;

    public ReadOnlySpan<double> Bounds => bounds;

    public double Sum => Volatile.Read(ref _sum);

    public void Set(double value) => Volatile.Write(ref _sum, value);

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _sum);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _sum, seen + value, seen);
            if (before.Equals(seen))
                return;
            seen = before;
        }
    }

    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
    }

    /// <summary>How many were observed in a bucket, the last being those above every bound.</summary>
    public long CountIn(int bucket) => Volatile.Read(ref _buckets[bucket]);
}
