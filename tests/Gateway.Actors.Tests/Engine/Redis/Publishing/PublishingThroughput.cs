// Measures publishing through Redis as clients do it: three nodes with 64 publishers each, 128-byte bodies, every room followed on every node.
// Printed, not asserted: the machine decides.

using System.Diagnostics;
using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Redis.Tests.Servers;
using Xunit.Abstractions;

namespace Gateway.Actors.Tests.Engine.Redis.Publishing;

public sealed class PublishingThroughput(ITestOutputHelper output)
{
    private const int Nodes = 3;
    private const int Publishers = 64;
    private static readonly string Body = $"\"content\":\"{new string('x', 116)}\"";

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(1, 64)]
    [InlineData(8, 64)]
    public async Task Publishing_from_three_nodes_is_measured(int inFlight, int rooms)
    {
        await using var server = await RedisServer.Start();
        var nodes = new List<EventsNode>();
        var names = Enumerable.Range(0, rooms).Select(i => RoomName.Parse($"room{i}")).ToArray();
        for (var i = 0; i < Nodes; i++)
        {
            nodes.Add(await EventsNode.Start(server.Endpoint));
            foreach (var name in names)
                await nodes[i].Listen(name);
        }

        server.Ask("CONFIG RESETSTAT");
        var (count, duration) = (0L, TimeSpan.FromSeconds(1.5));
        var (before, started) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, Nodes * Publishers * inFlight).Select(async publisher =>
        {
            var node = nodes[publisher % Nodes];
            for (var i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
            {
                var outcome = await node.Say(names[publisher % rooms], $"c-{i}", $"user{publisher}", Body).Outcome;
                Assert.Equal(PublishStatus.Stored, outcome.Status);
                Interlocked.Increment(ref count);
            }
        }));

        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var spent = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / count;
        var script = server.Ask("INFO commandstats").Split("\r\n").Single(line => line.StartsWith("cmdstat_fcall:", StringComparison.Ordinal));
        output.WriteLine($"{Nodes} nodes, {Publishers * inFlight} in flight each, {rooms} rooms: {count / elapsed:F0} acked/s, {spent:F1} us of the nodes' processor time an event; {script}");
        foreach (var node in nodes)
            await node.DisposeAsync();
    }
}
