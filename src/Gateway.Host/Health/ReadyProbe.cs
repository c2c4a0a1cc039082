// Is this node ready for clients? Asks the engine whether it takes writes, at most once a second however often the open endpoint is called.

using Gateway.Actors;
using Gateway.Actors.Engine;
using Gateway.Host.Composition;

namespace Gateway.Host.Health;

internal sealed class ReadyProbe(INodes engine, IGatewayNode node, NodeStart start, TimeProvider time)
{
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<EngineStatus>? _probe;
    private long _asked;

    public async ValueTask<bool> IsReady()
    {
        if (!start.Completed || node.IsDraining)
            return false;
        return await Probe() == EngineStatus.Ok;
    }

    /// <summary>The probe under way, or the last one's answer while it is fresh.</summary>
    private Task<EngineStatus> Probe()
    {
        lock (_gate)
        {
            if (_probe is null || (_probe.IsCompleted && time.GetElapsedTime(_asked) >= Freshness))
            {
                _asked = time.GetTimestamp();
                _probe = engine.Probe().AsTask();
            }

            return _probe;
        }
    }
}
