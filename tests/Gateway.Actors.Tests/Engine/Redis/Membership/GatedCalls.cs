// A node's calls to Redis with a test in between: one can be held before it leaves, its answer lost, or all of them cut off.

using System.Collections.Concurrent;
using Gateway.Actors.Engine.Redis;
using Gateway.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

internal sealed class GatedCalls(IMemberCalls inner) : IMemberCalls
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new();
    private readonly ConcurrentDictionary<string, int> _lost = new();

    /// <summary>Nothing reaches Redis, and nothing is heard.</summary>
    public bool IsCutOff { get; set; }

    public bool IsDeaf { get; set; }

    /// <summary>The next call of the function waits here.</summary>
    public Gate Hold(string function) => _gates[function] = new Gate();

    /// <summary>The next so many calls of the function are done, but their answers are lost.</summary>
    public void LoseAnswers(string function, int count = 1) => _lost[function] = count;

    public ValueTask<RedisReply> Call(PartitionKeys partition, string function, ReadOnlySpan<string> keys, ReadOnlySpan<string> arguments) =>
        Call(partition, function, keys.ToArray(), arguments.ToArray());

    public IDisposable Listen(PartitionKeys partition, IRedisSubscriber subscriber) => inner.Listen(partition, new Ear(this, subscriber));

    public IReadOnlyList<PartitionKeys> OnePerPrimary() => inner.OnePerPrimary();

    private async ValueTask<RedisReply> Call(PartitionKeys partition, string function, string[] keys, string[] arguments)
    {
        if (_gates.TryRemove(function, out var gate))
            await gate.Pass();
        if (IsCutOff)
            return RedisReply.OfError(RedisErrorCode.NotSent, "Cut off.");
        var reply = await inner.Call(partition, function, keys, arguments);
        if (_lost.TryGetValue(function, out var left) && left > 0)
        {
            _lost[function] = left - 1;
            return RedisReply.OfError(RedisErrorCode.Lost, "The answer is lost.");
        }

        return reply;
    }

    internal sealed class Gate
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(10));

        public void Open() => _opened.TrySetResult();

        public Task Pass()
        {
            _reached.TrySetResult();
            return _opened.Task;
        }
    }

    private sealed class Ear(GatedCalls calls, IRedisSubscriber subscriber) : IRedisSubscriber
    {
        public void Confirmed() => subscriber.Confirmed();

        public void Lost() => subscriber.Lost();

        public void Message(ReadOnlyMemory<byte> payload)
        {
            if (!calls.IsCutOff && !calls.IsDeaf)
                subscriber.Message(payload);
        }
    }
}
