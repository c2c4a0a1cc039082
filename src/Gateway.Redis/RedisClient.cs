// One logical Redis: a single server with its replicas, or a Cluster. It knows who owns a slot and has the connections to them; what is sent goes
// once to the owner as known now. Only Call and subscriptions follow redirects by themselves.

using Gateway.Redis.Calls;
using Gateway.Redis.Connections;
using Gateway.Redis.Subscriptions;
using Gateway.Redis.Topology;
using Microsoft.Extensions.Logging;

namespace Gateway.Redis;

public sealed class RedisClient : IAsyncDisposable
{
    private static readonly RedisCommand AskingCommand = RedisCommand.Of("ASKING");

    private readonly RedisOptions _options;
    private readonly Primaries _primaries;
    private readonly ChannelHub _channels;
    private readonly TopologyKeeper _keeper;
    private readonly PatientCalls _calls;
    private int _isDisposed;

    /// <param name="jitter">From 0 to 1; spreads reconnections.</param>
    public RedisClient(RedisOptions options, IRedisGuest guest, TimeProvider time, Func<double> jitter, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options;
        var dialer = new Dialer(options, time);
        var parts = new ClientParts(options, guest, time, jitter, logger, dialer);
        _keeper = new TopologyKeeper(parts);
        _primaries = _keeper.Primaries;
        _channels = new ChannelHub(parts, _keeper);
        _keeper.Channels = _channels;
        _calls = new PatientCalls(this, parts);
    }

    public bool IsCluster => _primaries.IsCluster;

    public IReadOnlyList<RedisPrimary> Primaries => _primaries.Known;

    /// <summary>First contact, the topology, and every primary prepared.</summary>
    /// <exception cref="RedisStartException">It names what is wrong and the cure.</exception>
    public async ValueTask Connect(CancellationToken cancellation)
    {
        if (_options.Seeds.Count == 0)
            throw new RedisStartException("No Redis server is named: write host:port.");
        await _keeper.Start(cancellation).ConfigureAwait(false);
        _channels.Start();
    }

    /// <summary>Once, to the slot's owner as known now; a redirect comes back as an error reply.</summary>
    public void Send(int slot, RedisPurpose purpose, RedisCommand command, IRedisCaller caller) =>
        SendAll(slot, purpose, new ReadOnlySpan<RedisCommand>(in command), new ReadOnlySpan<IRedisCaller>(in caller));

    /// <summary>All in one write, nothing between them; all or none are taken.</summary>
    public void SendAll(int slot, RedisPurpose purpose, ReadOnlySpan<RedisCommand> commands, ReadOnlySpan<IRedisCaller> callers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(callers.Length, commands.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)RedisSlot.Count, nameof(slot));
        if (_primaries.Slots.Owner(slot) is { } owner)
            owner.For(purpose).Send(commands, callers);
        else
            Refuse(callers);
    }

    /// <summary>To where an ASK error points, with ASKING before it.</summary>
    public void Asking(RedisError error, RedisPurpose purpose, RedisCommand command, IRedisCaller caller) =>
        AskingAll(error, purpose, new ReadOnlySpan<RedisCommand>(in command), new ReadOnlySpan<IRedisCaller>(in caller));

    /// <summary>To where an ASK error points, with ASKING before each; all or none are taken.</summary>
    public void AskingAll(RedisError error, RedisPurpose purpose, ReadOnlySpan<RedisCommand> commands, ReadOnlySpan<IRedisCaller> callers)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentOutOfRangeException.ThrowIfNotEqual(callers.Length, commands.Length);
        if (error.Endpoint is null || _primaries.Importing(error.Endpoint) is not { } node)
        {
            Refuse(callers);
            return;
        }

        var allCommands = new RedisCommand[2 * commands.Length];
        var allCallers = new IRedisCaller[2 * commands.Length];
        for (var i = 0; i < commands.Length; i++)
        {
            (allCommands[2 * i], allCallers[2 * i]) = (AskingCommand, NoCaller.Instance);
            (allCommands[(2 * i) + 1], allCallers[(2 * i) + 1]) = (commands[i], callers[i]);
        }

        node.For(purpose).Send(allCommands, allCallers);
    }

    /// <summary>Takes a MOVED into the slot map, and asks for a refresh of the topology.</summary>
    public void Redirected(RedisError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        _keeper.Redirected(error);
    }

    /// <summary>
    /// Over the connection of commands; follows redirects and waits out what passes, until the command's deadline is over. A failure is an
    /// error reply: <see cref="RedisErrorCode.Lost"/> where it may have been done, <see cref="RedisErrorCode.NotSent"/> where it surely was not.
    /// </summary>
    public ValueTask<RedisReply> Call(int slot, RedisCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return new ValueTask<RedisReply>(_calls.Call(slot, command));
    }

    /// <summary>To this primary, once; also while it is being prepared.</summary>
    public ValueTask<RedisReply> CallOn(RedisPrimary primary, RedisCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (_primaries.Of(primary) is not { } node)
            return ValueTask.FromResult(RedisReply.OfError(RedisErrorCode.NotSent, $"{primary} is no primary any more"));
        var caller = new AwaitedCall();
        node.Commands.Send(command, caller, isPreparing: true);
        return new ValueTask<RedisReply>(caller.Task);
    }

    /// <summary>Holds until it is disposed, through reconnections and moves of the slot.</summary>
    public IRedisSubscription Subscribe(int slot, string channel, IRedisSubscriber subscriber)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)RedisSlot.Count, nameof(slot));
        ArgumentException.ThrowIfNullOrEmpty(channel);
        ArgumentNullException.ThrowIfNull(subscriber);
        return _channels.Subscribe(slot, channel, subscriber);
    }

    /// <summary>How many writes the socket of this purpose was given, at the slot's owner.</summary>
    internal long Flushes(int slot, RedisPurpose purpose) => _primaries.Slots.Owner(slot)?.For(purpose).Flushes ?? 0;

    /// <summary>Whatever is under way fails; subscribers hear that they lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _keeper.DisposeAsync().ConfigureAwait(false);
        _channels.Dispose();
    }

    private void Refuse(ReadOnlySpan<IRedisCaller> callers)
    {
        _keeper.Suspect();
        foreach (var caller in callers)
            caller.Failed(RedisFailure.NotSent);
    }
}
