// Tells the engine every few seconds how much this node has to do, for GET /v1/nodes.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;

namespace Gateway.Actors;

internal sealed class LoadReportActor(NodeServices node, GatewayNode gateway) : Actor
{
    /// <summary>Often enough for a person who looks.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly object Due = new();

    private long _reportedAt = node.Time.GetTimestamp();
    private TimeSpan _cpuThen = Environment.CpuUsage.TotalTime;

    protected override void PreStart()
    {
        Report();
        Context.Timers.StartPeriodic(Due, Due, Interval);
    }

    protected override void Receive(object message)
    {
        if (message == Due)
            Report();
        else
            Unhandled(message);
    }

    private void Report()
    {
        var now = node.Time.GetTimestamp();
        var cpu = Environment.CpuUsage.TotalTime;
        var elapsed = node.Time.GetElapsedTime(_reportedAt, now);
        var percent = elapsed > TimeSpan.Zero ? Math.Round(100 * (cpu - _cpuThen) / elapsed, 1) : 0;
        (_reportedAt, _cpuThen) = (now, cpu);
        node.Engine.Report(new NodeLoad(
            gateway.Connections.All, gateway.Rooms, percent, Environment.WorkingSet, gateway.IsDraining));
    }
}
