// A slot of a real Cluster that moves, key by key, while its room is published to and followed.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Redis.Tests;
using Gateway.Redis.Tests.Servers;

namespace Gateway.Actors.Tests.Engine.Redis.Publishing;

public sealed class ClusterMoveTests
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    [SkippableFact]
    public async Task A_slot_that_moves_under_load_loses_doubles_and_reorders_nothing()
    {
        await using var cluster = await RedisCluster.Start();
        await using var node = await EventsNode.Start(cluster.Servers[0].Endpoint);
        var probe = await node.Listen(Lobby);
        using var stop = new CancellationTokenSource();
        var talking = Enumerable.Range(0, 4).Select(user => Talk(node, user, stop.Token)).ToArray();
        await Until.Holds("it is under way", () => probe.Seqs.Count > 200);

        var slot = node.Link.SlotOf(node.Link.Of(Lobby));
        var from = cluster.Servers[slot <= 5_460 ? 0 : slot <= 10_922 ? 1 : 2];
        var to = cluster.Servers.First(server => server != from);
        RedisCluster.BeginMove(slot, from, to);
        foreach (var key in from.Ask($"CLUSTER GETKEYSINSLOT {slot} 100").Split("\r\n").Where(line => line.StartsWith("gw:", StringComparison.Ordinal)))
            RedisCluster.MoveKey(key, from, to);
        cluster.EndMove(slot, from, to);

        var moved = probe.Seqs.Count;
        await Until.Holds("it goes on", () => probe.Seqs.Count > moved + 200);
        await stop.CancelAsync();
        var acked = (await Task.WhenAll(talking)).SelectMany(ids => ids).ToList();
        var top = (await node.Last(Lobby, 1)).Position.Top;
        await Until.Holds("all are heard", () => probe.Seqs.Count == top);
        Assert.Equal(Enumerable.Range(1, (int)top).Select(seq => (long)seq), probe.Seqs);
        Assert.Equal(top, probe.Events.Select(stored => stored.Id).Distinct().Count());
        Assert.Equal(acked.Order(StringComparer.Ordinal), probe.Events.Select(stored => stored.Id).Order(StringComparer.Ordinal));
        foreach (var user in probe.Events.GroupBy(stored => stored.SenderId))
            Assert.Equal(Enumerable.Range(0, user.Count()).Select(i => $"{user.Key}-{i}"), user.Select(stored => stored.Id));
    }

    /// <summary>Eight at a time, so that order is at stake.</summary>
    private static async Task<List<string>> Talk(EventsNode node, int user, CancellationToken stop)
    {
        var acked = new List<string>();
        for (var i = 0; !stop.IsCancellationRequested; i += 8)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(i, 8).Select(number => node.Say(Lobby, $"user{user}-{number}", $"user{user}").Outcome));
            Assert.All(outcomes, outcome => Assert.Equal((PublishStatus.Stored, false), (outcome.Status, outcome.Duplicate)));
            acked.AddRange(Enumerable.Range(i, 8).Select(number => $"user{user}-{number}"));
        }

        return acked;
    }
}
