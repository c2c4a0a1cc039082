// What is known of rooms, one and all. The list of a partition's rooms may name some that have nothing any more: describing one takes it off.

using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Reading;

internal sealed class RoomList(RedisLink link)
{
    private const int AtOnce = 64;

    public async ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room)
    {
        var keys = link.Room(room);
        var reply = await link.Call(
            keys.Partition, "gw1_describe", [keys.Partition.Inc, keys.Partition.Rooms, keys.Meta, keys.Events, keys.Presence], room.Value).ConfigureAwait(false);
        if (reply.IsError)
            return (RedisLink.StatusOf(reply), default);
        if (reply.Count != 5)
            return (EngineStatus.Degraded, default);
        var summary = new RoomSummary(room, reply[0].Text, reply[1].Integer, reply[2].Integer, (int)reply[3].Integer, (int)reply[4].Integer);
        return summary.Top == 0 && summary.Users == 0 ? (EngineStatus.NotFound, default) : (EngineStatus.Ok, summary);
    }

    public async ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> List(string? after, int limit)
    {
        var found = new List<RoomSummary>();
        while (found.Count < limit)
        {
            var (status, names) = await Names(after, limit).ConfigureAwait(false);
            if (status != EngineStatus.Ok)
                return (status, []);
            foreach (var some in names.Chunk(AtOnce).TakeWhile(_ => found.Count < limit))
            {
                var described = await Task.WhenAll(some.Select(name => Describe(RoomName.Parse(name)).AsTask())).ConfigureAwait(false);
                var failure = described.FirstOrDefault(answer => answer.Status is not (EngineStatus.Ok or EngineStatus.NotFound));
                if (failure.Status != EngineStatus.Ok)
                    return (failure.Status, []);
                found.AddRange(described.Where(answer => answer.Status == EngineStatus.Ok).Select(answer => answer.Summary));
            }

            if (names.Count < limit)
                break;
            after = names[^1];
        }

        return (EngineStatus.Ok, [.. found.Take(limit)]);
    }

    /// <summary>The first names of all partitions after the given one.</summary>
    private async ValueTask<(EngineStatus Status, IReadOnlyList<string> Names)> Names(string? after, int limit)
    {
        RedisArgument from = after is null ? "-" : "(" + after;
        var replies = await Task.WhenAll(link.Partitions.Select(partition => link.Client.Call(
            link.SlotOf(partition), RedisCommand.Of("ZRANGEBYLEX", partition.Rooms, from, "+", "LIMIT", 0, limit)).AsTask())).ConfigureAwait(false);
        foreach (var reply in replies)
        {
            if (reply.IsError)
                return (RedisLink.StatusOf(reply), []);
        }

        IEnumerable<string> names = replies.SelectMany(reply => reply.Items.ToArray()).Select(item => item.Text).Where(name => RoomName.TryParse(name, out _));
        return (EngineStatus.Ok, [.. names.Order(StringComparer.Ordinal).Take(limit)]);
    }
}
