// One instrument with its cells, one for each set of labels. The number of sets is bounded: past the bound all others share one cell,
// so that a label that grows with its input costs no memory.

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Host.Metrics;

internal sealed class MetricSeries(string name, MetricKind kind, string? help, double[] bounds)
{
    public const int MaxLabelSets = 200;

    private const string Overflow = "overflow=\"true\"";

    private readonly ConcurrentDictionary<string, MetricCell> _cells = new(StringComparer.Ordinal);

    public string Name => name;

    public MetricKind Kind => kind;

    public string? Help => help;

    /// <summary>A copy made at one moment: sorting the dictionary itself throws where it grows meanwhile.</summary>
    public IEnumerable<KeyValuePair<string, MetricCell>> Cells => _cells.ToArray().OrderBy(cell => cell.Key, StringComparer.Ordinal);

    public static MetricSeries Of(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
            : type == typeof(Histogram<>) ? MetricKind.Histogram
            : MetricKind.Gauge;
        return new MetricSeries(
            MetricText.Name(instrument.Name, kind), kind, instrument.Description, kind == MetricKind.Histogram ? BoundsOf(instrument) : [])
        {
            Replaces = instrument.IsObservable || type == typeof(Gauge<>),
        };
    }

    /// <summary>A measurement is the value itself, not a change to it.</summary>
    public bool Replaces { get; private init; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var cell = Find(tags.IsEmpty ? "" : MetricText.Labels(tags));
        if (kind == MetricKind.Histogram)
            cell.Observe(value);
        else if (Replaces)
            cell.Set(value);
        else
            cell.Add(value);
    }

    private MetricCell Find(string labels)
    {
        if (_cells.TryGetValue(labels, out var cell))
            return cell;
        return _cells.GetOrAdd(_cells.Count < MaxLabelSets ? labels : Overflow, static (_, bounds) => new MetricCell(bounds), bounds);
    }

    /// <summary>The instrument's own advice, else by its unit.</summary>
    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } advice } => [.. advice],
        Histogram<long> { Advice.HistogramBucketBoundaries: { Count: > 0 } advice } => [.. advice.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { Count: > 0 } advice } => [.. advice.Select(bound => (double)bound)],
        { Unit: "s" } => [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        { Unit: "ms" } => [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000],
        { Unit: "By" } => [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304],
        _ => [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
    };
}

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}
