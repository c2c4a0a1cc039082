// The text that Prometheus scrapes.

using System.Diagnostics.Metrics;
using Gateway.Host.Metrics;

namespace Gateway.Host.Tests.Metrics;

public sealed class MetricsExporterTests : IDisposable
{
    private readonly MetricsExporter _exporter = new();
    private readonly Meter _meter = new("Gateway.Tests");

    public void Dispose()
    {
        _meter.Dispose();
        _exporter.Dispose();
    }

    [Fact]
    public void A_counter_counts_by_labels()
    {
        var counter = _meter.CreateCounter<long>("gateway.tests.sent", description: "What was sent.\nAll of it.");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(1, new KeyValuePair<string, object?>("kind", "b"));
        Assert.Contains(
            "# HELP gateway_tests_sent_total What was sent.\\nAll of it.\n# TYPE gateway_tests_sent_total counter\n" +
            "gateway_tests_sent_total{kind=\"a\"} 5\ngateway_tests_sent_total{kind=\"b\"} 1\n", _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Gauges_and_observed_values_are_as_they_are_now()
    {
        var open = 3;
        _meter.CreateObservableGauge("gateway.tests.open", () => open);
        _meter.CreateObservableCounter("gateway.tests.seen", () => 10L * open);
        var change = _meter.CreateUpDownCounter<int>("gateway.tests.queue");
        change.Add(5);
        change.Add(-2);
        _exporter.Write();
        open = 4;
        var text = _exporter.Write();
        Assert.Contains("# TYPE gateway_tests_open gauge\ngateway_tests_open 4\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_tests_seen_total 40\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_tests_queue 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gauge_that_can_not_be_read_does_not_take_the_others_with_it()
    {
        _meter.CreateObservableGauge("gateway.tests.broken", (Func<long>)(() => throw new ObjectDisposedException("gone")));
        _meter.CreateObservableGauge("gateway.tests.whole", () => 7L);
        Assert.Contains("gateway_tests_whole 7\n", _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scrape_is_whole_while_labels_appear()
    {
        var counter = _meter.CreateCounter<long>("gateway.tests.growing");
        var growing = Task.Run(() =>
        {
            for (var i = 0; i < MetricSeries.MaxLabelSets; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("label", i));
                Thread.SpinWait(2_000);
            }
        });
        while (!growing.IsCompleted)
            _exporter.Write();
        await growing;
        Assert.Equal(MetricSeries.MaxLabelSets, _exporter.Write().Split('\n').Count(line => line.StartsWith("gateway_tests_growing_total{", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_a_sum_and_a_count()
    {
        var histogram = _meter.CreateHistogram<double>("gateway.tests.took", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2.5] });
        foreach (var value in (double[])[0.5, 1, 2, 3])
            histogram.Record(value, new KeyValuePair<string, object?>("op", "x"));
        Assert.Contains(
            "# TYPE gateway_tests_took histogram\ngateway_tests_took_bucket{op=\"x\",le=\"1\"} 2\ngateway_tests_took_bucket{op=\"x\",le=\"2.5\"} 3\n" +
            "gateway_tests_took_bucket{op=\"x\",le=\"+Inf\"} 4\ngateway_tests_took_sum{op=\"x\"} 6.5\ngateway_tests_took_count{op=\"x\"} 4\n",
            _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        _meter.CreateCounter<int>("gateway.tests.escaped").Add(1, new KeyValuePair<string, object?>("a.b", "q\"\\\n"));
        Assert.Contains("gateway_tests_escaped_total{a_b=\"q\\\"\\\\\\n\"} 1\n", _exporter.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Label_sets_are_bounded()
    {
        var counter = _meter.CreateCounter<int>("gateway.tests.wide");
        for (var i = 0; i < MetricSeries.MaxLabelSets + 50; i++)
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        var lines = _exporter.Write().Split('\n').Where(line => line.StartsWith("gateway_tests_wide_total{", StringComparison.Ordinal)).ToList();
        Assert.Equal(MetricSeries.MaxLabelSets + 1, lines.Count);
        Assert.Contains("gateway_tests_wide_total{overflow=\"true\"} 50", lines);
    }

    [Fact]
    public void Other_meters_are_left_out_and_the_process_is_in()
    {
        using var other = new Meter("Other");
        other.CreateCounter<int>("other.count").Add(1);
        var text = _exporter.Write();
        Assert.DoesNotContain("other_count", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(
            "^(# (HELP|TYPE) [a-z_][a-z0-9_]* .+|[a-z_][a-z0-9_]*(\\{.+\\})? [-+0-9.eEInfNa]+)$", line));
    }

    [Fact]
    public void Values_counted_by_many_threads_are_all_there()
    {
        var counter = _meter.CreateCounter<double>("gateway.tests.parallel");
        Parallel.For(0, 20_000, _ => counter.Add(1));
        Assert.Contains("gateway_tests_parallel_total 20000\n", _exporter.Write(), StringComparison.Ordinal);
    }
}
