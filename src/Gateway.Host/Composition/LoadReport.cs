// Tells the engine, and through it whoever asks for the nodes, what this one has to do: once a second, which is how old the answer may be on
// another node. This node's own is brought up to date when it is asked.

using Gateway.Actors;
using Gateway.Actors.Engine;

namespace Gateway.Host.Composition;

internal sealed class LoadReport(INodes nodes, IGatewayNode node, NodeStart start, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private double _cpuPercent;

    public void Report() =>
        nodes.Report(new NodeLoad(node.Connections.All, start.Rooms, Volatile.Read(ref _cpuPercent), Environment.WorkingSet, node.IsDraining));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var (since, used) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        do
        {
            Report();
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
            var cpu = 100 * (total - used) / (time.GetElapsedTime(since, now) * Environment.ProcessorCount);
            Volatile.Write(ref _cpuPercent, cpu);
            (since, used) = (now, total);
        }
        while (true);
    }
}
