// Measures durable publishing as clients do it: 64 publishers, each waiting for its ack, 128-byte bodies. Printed, not
// asserted: the disk of the machine decides.

using System.Diagnostics;
using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedThroughput(ITestOutputHelper output)
{
    private const int Publishers = 64;
    private static readonly string Body = $"\"content\":\"{new string('x', 116)}\"";

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 64)]
    [InlineData(16, 1)]
    public async Task Durable_publishing_is_measured(int inFlight, int rooms)
    {
        var directory = Directory.CreateTempSubdirectory("gateway-speed-");
        var engine = new EmbeddedEngine(new EmbeddedOptions { DataDir = directory.FullName }, TimeProvider.System, NullLogger<EmbeddedEngine>.Instance);
        await engine.Start(new NoticeProbe(), default);
        var count = 0L;
        var started = Stopwatch.GetTimestamp();
        var until = TimeSpan.FromSeconds(1.5);
        var latencies = new List<double>[Publishers];
        await Task.WhenAll(Enumerable.Range(0, Publishers).SelectMany(publisher => Enumerable.Range(0, inFlight).Select(async lane =>
        {
            latencies[publisher] ??= [];
            var room = RoomName.Parse($"room{publisher % rooms}");
            for (var i = 0; Stopwatch.GetElapsedTime(started) < until; i++)
            {
                var before = Stopwatch.GetTimestamp();
                var outcome = await engine.Say(room, $"{lane}-{i}", $"user{publisher}", Body);
                Assert.Equal(PublishStatus.Stored, outcome.Status);
                Interlocked.Increment(ref count);
                if (lane == 0)
                    latencies[publisher].Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
        })));

        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var sorted = latencies.SelectMany(all => all).Order().ToArray();
        output.WriteLine(
            $"{Publishers} publishers, {inFlight} in flight, {rooms} rooms: {count / elapsed:F0} acked/s, p50 {sorted[sorted.Length / 2]:F2} ms, p99 {sorted[sorted.Length * 99 / 100]:F2} ms");
        await engine.DisposeAsync();
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(64, 1)]
    [InlineData(512, 1)]
    [InlineData(512, 64)]
    public async Task The_processor_time_of_an_event_is_measured(int batch, int rooms)
    {
        var directory = Directory.CreateTempSubdirectory("gateway-cost-");
        var engine = new EmbeddedEngine(
            new EmbeddedOptions { DataDir = directory.FullName, Pumped = true }, TimeProvider.System, NullLogger<EmbeddedEngine>.Instance);
        await engine.Start(new NoticeProbe(), default);
        var names = Enumerable.Range(0, rooms).Select(i => RoomName.Parse($"room{i}")).ToArray();
        var count = 0;
        Round();
        count = 0;
        var before = Environment.CpuUsage.TotalTime;
        while (count < 20_000)
            Round();
        var spent = Environment.CpuUsage.TotalTime - before;
        output.WriteLine($"{batch} a batch, {rooms} rooms: {spent.TotalMicroseconds / count:F1} us of processor time an event");
        await engine.DisposeAsync();
        directory.Delete(recursive: true);

        void Round()
        {
            for (var i = 0; i < batch; i++, count++)
                engine.Publish(TestPublication.To(names[count % rooms], $"c-{count}", "ann", Body));
            engine.Pump();
        }
    }
}
