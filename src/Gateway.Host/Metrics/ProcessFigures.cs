// What the process and its runtime say of themselves, under the names that Prometheus' own clients use where there is one.

using System.Globalization;
using System.Text;

namespace Gateway.Host.Metrics;

internal static class ProcessFigures
{
    public static void Write(StringBuilder text)
    {
        One(text, "process_cpu_seconds_total", MetricKind.Counter, Environment.CpuUsage.TotalTime.TotalSeconds);
        One(text, "process_resident_memory_bytes", MetricKind.Gauge, Environment.WorkingSet);
        One(text, "dotnet_gc_heap_bytes", MetricKind.Gauge, GC.GetTotalMemory(forceFullCollection: false));
        One(text, "dotnet_gc_allocated_bytes_total", MetricKind.Counter, GC.GetTotalAllocatedBytes());
        One(text, "dotnet_gc_pause_seconds_total", MetricKind.Counter, GC.GetTotalPauseDuration().TotalSeconds);
        MetricText.Head(text, "dotnet_gc_collections_total", MetricKind.Counter, help: null);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            MetricText.Sample(
                text, "dotnet_gc_collections_total", $"generation=\"{generation.ToString(CultureInfo.InvariantCulture)}\"", GC.CollectionCount(generation));
        }

        One(text, "dotnet_threadpool_threads", MetricKind.Gauge, ThreadPool.ThreadCount);
        One(text, "dotnet_threadpool_queue_length", MetricKind.Gauge, ThreadPool.PendingWorkItemCount);
    }

    private static void One(StringBuilder text, string name, MetricKind kind, double value)
    {
        MetricText.Head(text, name, kind, help: null);
        MetricText.Sample(text, name, "", value);
    }
}
