// Tells the engine, and through it whoever asks for the nodes, what this one has to do: once a second, which is how old the answer may be.

using Gateway.Actors;
using Gateway.Actors.Engine;

namespace Gateway.Host.Composition;

internal sealed class LoadReport(INodes nodes, IGatewayNode node, NodeStart start, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var (since, used) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var cpu = 0d;
        do
        {
            nodes.Report(new NodeLoad(node.Connections.All, start.Rooms, cpu, Environment.WorkingSet, node.IsDraining));
            try
            {
                if (!await timer.WaitForNextTickAsync(stoppingToken))
                    return;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var (now, total) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
            cpu = 100 * (total - used) / (time.GetElapsedTime(since, now) * Environment.ProcessorCount);
            (since, used) = (now, total);
        }
        while (true);
    }
}
