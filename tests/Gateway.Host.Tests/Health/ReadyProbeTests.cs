// When a node says that it is ready, and how often it asks the storage for it.

using Gateway.Actors.Engine;
using Gateway.Host.Composition;
using Gateway.Host.Health;
using Gateway.Host.Tests.Doubles;
using Gateway.TestKit;

namespace Gateway.Host.Tests.Health;

public sealed class ReadyProbeTests : IAsyncDisposable
{
    private readonly EngineDouble _engine = new();
    private readonly NodeDouble _node = new();
    private readonly NodeStart _start = new(_ => ValueTask.CompletedTask, () => 0);
    private readonly VirtualTime _time = new();
    private readonly ReadyProbe _probe;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    public ReadyProbeTests() => _probe = new ReadyProbe(_engine, _node, _start, _time);

    [Fact]
    public async Task A_node_is_ready_once_started_while_the_storage_takes_writes_and_it_is_not_draining()
    {
        Assert.False(await _probe.IsReady());
        await _start.Begin(CancellationToken.None);
        Assert.True(await _probe.IsReady());
        _node.IsDraining = true;
        Assert.False(await _probe.IsReady());
        _node.IsDraining = false;
        _engine.Status = EngineStatus.Degraded;
        _time.Advance(ReadyProbe.Freshness);
        Assert.False(await _probe.IsReady());
    }

    [Fact]
    public async Task The_storage_is_asked_once_a_second_at_most()
    {
        await _start.Begin(CancellationToken.None);
        for (var i = 0; i < 1000; i++)
            await _probe.IsReady();
        Assert.Equal(1, _engine.Probes);
        _time.Advance(ReadyProbe.Freshness);
        await _probe.IsReady();
        Assert.Equal(2, _engine.Probes);
    }
}
