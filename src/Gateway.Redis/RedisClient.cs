// One logical Redis: a single server with its replicas, or a Cluster. It knows who owns a slot and has the connections to them.

using Microsoft.Extensions.Logging;

namespace Gateway.Redis;

#pragma warning disable CA1822, IDE0060, CA1801
public sealed class RedisClient : IAsyncDisposable
{
    public RedisClient(RedisOptions options, IRedisGuest guest, TimeProvider time, Func<double> jitter, ILogger logger)
    {
    }

    public bool IsCluster => throw new NotSupportedException();

    public IReadOnlyList<RedisPrimary> Primaries => throw new NotSupportedException();

    /// <summary>First contact, the topology, and every primary prepared.</summary>
    /// <exception cref="RedisStartException">It names what is wrong and the cure.</exception>
    public ValueTask Connect(CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>Once, to the slot's owner as known now; a redirect comes back as an error reply.</summary>
    public void Send(int slot, RedisPurpose purpose, RedisCommand command, IRedisCaller caller) => throw new NotSupportedException();

    /// <summary>All in one write, nothing between them; all or none are taken.</summary>
    public void SendAll(int slot, RedisPurpose purpose, ReadOnlySpan<RedisCommand> commands, ReadOnlySpan<IRedisCaller> callers) => throw new NotSupportedException();

    /// <summary>To where an ASK error points, with ASKING before it.</summary>
    public void Asking(RedisError error, RedisPurpose purpose, RedisCommand command, IRedisCaller caller) => throw new NotSupportedException();

    /// <summary>To where an ASK error points, with ASKING before each; all or none are taken.</summary>
    public void AskingAll(RedisError error, RedisPurpose purpose, ReadOnlySpan<RedisCommand> commands, ReadOnlySpan<IRedisCaller> callers) => throw new NotSupportedException();

    /// <summary>Takes a MOVED into the slot map, and asks for a refresh of the topology.</summary>
    public void Redirected(RedisError error) => throw new NotSupportedException();

    /// <summary>
    /// Over the connection of commands; follows redirects and waits out what passes, until the command's deadline is over. A failure is an
    /// error reply: <see cref="RedisErrorCode.Lost"/> where it may have been done, <see cref="RedisErrorCode.NotSent"/> where it surely was not.
    /// </summary>
    public ValueTask<RedisReply> Call(int slot, RedisCommand command) => throw new NotSupportedException();

    /// <summary>To this primary, once; also while it is being prepared.</summary>
    public ValueTask<RedisReply> CallOn(RedisPrimary primary, RedisCommand command) => throw new NotSupportedException();

    /// <summary>Holds until it is disposed, through reconnections and moves of the slot.</summary>
    public IRedisSubscription Subscribe(int slot, string channel, IRedisSubscriber subscriber) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
