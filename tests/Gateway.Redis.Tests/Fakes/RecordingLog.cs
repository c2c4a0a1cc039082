// Keeps log lines, so that a test can look at what was said and at what must never be.

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Redis.Tests.Fakes;

internal sealed class RecordingLog : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public override string ToString() => string.Join('\n', Lines);
}
