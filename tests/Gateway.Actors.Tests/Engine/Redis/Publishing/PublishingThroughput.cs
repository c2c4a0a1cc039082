// Measures publishing through Redis as clients do it: three nodes with 64 publishers each, 128-byte bodies, every room followed on every node.
// Printed, not asserted: the machine decides.

using System.Diagnostics;
using System.Globalization;
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
        var redisBefore = ProcessorTime(server);
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
        var redis = (ProcessorTime(server) - redisBefore) * 1_000_000 / count;
        output.WriteLine($"{Nodes} nodes, {Publishers * inFlight} in flight each, {rooms} rooms: {count / elapsed:F0} acked/s, {spent:F1} us of the nodes' processor time and {redis:F1} us of Redis's an event; {script}");
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    /// <summary>In seconds, of user and system.</summary>
    private static double ProcessorTime(RedisServer server) => server.Ask("INFO cpu").Split("\r\n")
        .Where(line => line.StartsWith("used_cpu_sys:", StringComparison.Ordinal) || line.StartsWith("used_cpu_user:", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture));
}
