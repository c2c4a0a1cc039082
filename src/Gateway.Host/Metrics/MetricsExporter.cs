// Listens to every instrument of the meters named "Gateway.…" and writes them out when asked, with a few figures of the process.
// One for the process; instruments are few, so a scrape walks them all.

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Gateway.Host.Metrics;

internal sealed class MetricsExporter : IDisposable
{
    public const string MeterPrefix = "Gateway.";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricSeries> _series = new();
    private readonly Lock _scrape = new();

    public MetricsExporter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal))
                return;
            listener.EnableMeasurementEvents(instrument, _series.GetOrAdd(instrument, MetricSeries.Of));
        };
        _listener.MeasurementsCompleted = (instrument, state) => _series.TryRemove(instrument, out MetricSeries? _);
        Listen<byte>(value => value);
        Listen<short>(value => value);
        Listen<int>(value => value);
        Listen<long>(value => value);
        Listen<float>(value => value);
        Listen<double>(value => value);
        Listen<decimal>(value => (double)value);
        _listener.Start();
    }

    public string Write()
    {
        lock (_scrape)
        {
            ReadGauges();
            var text = new StringBuilder(8192);
            // Two instruments of one name (a meter made twice) would make the text invalid: the first stands.
            foreach (var series in _series.Values.OrderBy(series => series.Name, StringComparer.Ordinal).DistinctBy(series => series.Name))
                MetricText.Write(text, series);
            ProcessFigures.Write(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private void ReadGauges()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // A gauge that can't be read (its owner is just stopping) keeps its last value; it must not take the others with it.
        }
    }

    private void Listen<T>(Func<T, double> convert)
        where T : struct =>
        _listener.SetMeasurementEventCallback<T>((_, value, tags, state) => ((MetricSeries)state!).Record(convert(value), tags));
}
