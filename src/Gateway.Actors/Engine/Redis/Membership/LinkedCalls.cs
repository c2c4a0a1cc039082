// The calls over the engine's link to Redis.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class LinkedCalls(RedisLink link) : IMemberCalls
{
    public ValueTask<RedisReply> Call(PartitionKeys partition, string function, ReadOnlySpan<string> keys, ReadOnlySpan<string> arguments)
    {
        var all = new string[keys.Length + 1];
        all[0] = partition.Inc;
        keys.CopyTo(all.AsSpan(1));
        var encoded = new RedisArgument[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
            encoded[i] = arguments[i];
        return function is "gw1_beat" or "gw1_node_report" or "gw1_probe"
            ? link.CallFirst(partition, function, all, encoded)
            : link.Call(partition, function, all, encoded);
    }

    public IDisposable Listen(PartitionKeys partition, IRedisSubscriber subscriber) =>
        link.Client.Subscribe(link.SlotOf(partition), partition.NoticesChannel, subscriber);

    public IReadOnlyList<PartitionKeys> OnePerPrimary() =>
        [.. link.Client.Primaries
            .Select(primary => link.Partitions.FirstOrDefault(partition => primary.Owns(link.SlotOf(partition))))
            .OfType<PartitionKeys>()];
}
