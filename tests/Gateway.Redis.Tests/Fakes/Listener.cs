// Who listens to a channel in a test, and keeps what it hears in order.

using System.Collections.Concurrent;
using System.Text;

namespace Gateway.Redis.Tests.Fakes;

internal sealed class Listener : IRedisSubscriber
{
    public ConcurrentQueue<string> Heard { get; } = new();

    public int Count(string what) => Heard.Count(line => line == what);

    public void Confirmed() => Heard.Enqueue("confirmed");

    public void Lost() => Heard.Enqueue("lost");

    public void Message(ReadOnlyMemory<byte> payload) => Heard.Enqueue(Encoding.UTF8.GetString(payload.Span));

    public override string ToString() => string.Join(", ", Heard);
}
