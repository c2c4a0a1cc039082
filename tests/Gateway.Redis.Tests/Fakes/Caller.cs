// Who sends a command in a test, and keeps what it hears.

using System.Collections.Concurrent;

namespace Gateway.Redis.Tests.Fakes;

internal sealed class Caller : IRedisCaller
{
    private readonly TaskCompletionSource<string> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string>? _order;
    private readonly string _name;
    private int _times;

    public Caller(string name = "", ConcurrentQueue<string>? order = null)
    {
        _name = name;
        _order = order;
    }

    /// <summary>The reply's text, or the failure.</summary>
    public Task<string> Heard => _heard.Task;

    public RedisReply Reply { get; private set; }

    public int Times => Volatile.Read(ref _times);

    public void Completed(in RedisReply reply)
    {
        Reply = reply;
        Hear(reply.Text);
    }

    public void Failed(RedisFailure failure) => Hear(failure.ToString());

    private void Hear(string what)
    {
        Interlocked.Increment(ref _times);
        _order?.Enqueue($"{_name}{what}");
        _heard.TrySetResult(what);
    }
}
