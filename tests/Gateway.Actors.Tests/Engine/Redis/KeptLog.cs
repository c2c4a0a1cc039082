// A log that keeps its lines, so that a test can read what an operator would.

using Gateway.Actors.Engine.Redis;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Tests.Engine.Redis;

internal sealed class KeptLog : ILogger<RedisEngine>
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public string Text => string.Join('\n', Lines);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_gate)
            _lines.Add($"{logLevel} {formatter(state, exception)} {exception}");
    }
}
