// Stands before the console: of one message, however it is filled in, only so many a window get through; how many did not is said when
// the window is over and the message comes again. Keeps a peer or an outage from filling a disk.

using Serilog.Core;
using Serilog.Events;

namespace Gateway.Host.Logging;

internal sealed class RepeatBound(ILogEventSink inner, TimeProvider time) : ILogEventSink, IDisposable
{
    public const int PerWindow = 20;
    private const int MaxTemplates = 1000;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Since, int Count)> _counts = new(StringComparer.Ordinal);

    public void Emit(LogEvent logEvent)
    {
        var (pass, suppressed) = Count(logEvent.MessageTemplate.Text);
        if (suppressed > 0)
            logEvent.AddOrUpdateProperty(new LogEventProperty("Suppressed", new ScalarValue(suppressed)));
        if (pass)
            inner.Emit(logEvent);
    }

    public void Dispose() => (inner as IDisposable)?.Dispose();

    private (bool Pass, int Suppressed) Count(string template)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!_counts.TryGetValue(template, out var entry))
            {
                if (_counts.Count >= MaxTemplates)
                    _counts.Clear();
                _counts[template] = (now, 1);
                return (true, 0);
            }

            if (time.GetElapsedTime(entry.Since, now) >= Window)
            {
                _counts[template] = (now, 1);
                return (true, Math.Max(0, entry.Count - PerWindow));
            }

            _counts[template] = (entry.Since, entry.Count + 1);
            return (entry.Count < PerWindow, 0);
        }
    }
}
