// What all parts of the Redis engine share: the client, the keys, and how a function is called.

using System.Text;
using Gateway.Protocol;
using Gateway.Redis;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

internal sealed class RedisLink
{
    private static readonly RedisReply NotItsTurn = RedisReply.OfError(RedisErrorCode.Busy, "too much waits for this partition");

    private readonly PartitionKeys[] _partitions = [.. Enumerable.Range(0, Engine.Redis.Partitions.Count).Select(number => new PartitionKeys(number))];
    private readonly int[] _slots = [.. Enumerable.Range(0, Engine.Redis.Partitions.Count).Select(number => RedisSlot.Of(Encoding.ASCII.GetBytes(Engine.Redis.Partitions.TagOf(number))))];

    private readonly CallGate[] _gates = [.. Enumerable.Range(0, Engine.Redis.Partitions.Count).Select(_ => new CallGate())];
    private readonly RedisMetrics? _metrics;

    public RedisLink(RedisEngineOptions options, RedisClient client, TimeProvider time, ILogger log, RedisMetrics? metrics = null)
    {
        _metrics = metrics;
        Options = options;
        Client = client;
        Time = time;
        Log = log;
    }

    public RedisEngineOptions Options { get; }

    public RedisClient Client { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public IReadOnlyList<PartitionKeys> Partitions => _partitions;

    public PartitionKeys Of(RoomName room) => _partitions[Engine.Redis.Partitions.Of(room.Value)];

    public PartitionKeys OfUser(string userId) => _partitions[Engine.Redis.Partitions.Of(userId)];

    public RoomKeys Room(RoomName room) => Of(room).Room(room);

    public int SlotOf(PartitionKeys partition) => _slots[partition.Number];

    /// <summary>FCALL of a function with its keys, the run id of the process it reaches, the clock, and its own arguments.</summary>
    public RedisCommand Function(string name, ReadOnlySpan<string> keys, params ReadOnlySpan<RedisArgument> arguments)
    {
        var all = new RedisArgument[4 + keys.Length + arguments.Length];
        all[0] = name;
        all[1] = keys.Length;
        for (var i = 0; i < keys.Length; i++)
            all[2 + i] = keys[i];
        all[2 + keys.Length] = RedisArgument.RunId;
        all[3 + keys.Length] = Options.Clock is { } clock ? clock() : "";
        arguments.CopyTo(all.AsSpan(4 + keys.Length));
        return RedisCommand.Of("FCALL", all);
    }

    /// <summary>Calls that wait for their turn.</summary>
    public int Waiting => _gates.Sum(gate => gate.Waiting);

    /// <summary>Calls it where the partition is now, when it is its turn; redirects are followed, within the client's deadline.</summary>
    public ValueTask<RedisReply> Call(PartitionKeys partition, string name, ReadOnlySpan<string> keys, params ReadOnlySpan<RedisArgument> arguments) =>
        InTurn(partition, Function(name, keys, arguments));

    /// <summary>The same ahead of what waits: for what keeps the node alive.</summary>
    public ValueTask<RedisReply> CallFirst(PartitionKeys partition, string name, ReadOnlySpan<string> keys, params ReadOnlySpan<RedisArgument> arguments) =>
        Counted(Client.Call(SlotOf(partition), Function(name, keys, arguments)));

    /// <summary>What a reply means where it is no answer of the function's own.</summary>
    public static EngineStatus StatusOf(in RedisReply reply) => reply.Error?.Code switch
    {
        null => EngineStatus.Ok,
        RedisErrorCode.Lost => EngineStatus.Unknown,
        RedisErrorCode.Busy => EngineStatus.Busy,
        _ => EngineStatus.Degraded,
    };

    private async ValueTask<RedisReply> InTurn(PartitionKeys partition, RedisCommand command)
    {
        var gate = _gates[partition.Number];
        if (!await gate.Enter().ConfigureAwait(false))
        {
            _metrics?.Called(EngineStatus.Busy);
            return NotItsTurn;
        }

        try
        {
            return await Counted(Client.Call(SlotOf(partition), command)).ConfigureAwait(false);
        }
        finally
        {
            gate.Leave();
        }
    }

    private async ValueTask<RedisReply> Counted(ValueTask<RedisReply> call)
    {
        var reply = await call.ConfigureAwait(false);
        _metrics?.Called(StatusOf(reply));
        return reply;
    }
}
