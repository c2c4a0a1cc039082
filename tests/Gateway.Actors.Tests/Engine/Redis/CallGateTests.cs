// A partition's gate: so many at once, the others in their turn, and a bound.

using Gateway.Actors.Engine.Redis;

namespace Gateway.Actors.Tests.Engine.Redis;

public sealed class CallGateTests
{
    [Fact]
    public async Task So_many_are_under_way_and_each_that_leaves_lets_the_next_one_in()
    {
        using var gate = new CallGate();
        for (var i = 0; i < CallGate.Width; i++)
            Assert.True(await gate.Enter());
        var next = gate.Enter().AsTask();
        var last = gate.Enter().AsTask();
        Assert.Equal(2, gate.Waiting);
        Assert.False(next.IsCompleted || last.IsCompleted);
        gate.Leave();
        Assert.True(await next);
        Assert.False(last.IsCompleted);
        gate.Leave();
        Assert.True(await last);
        Assert.Equal(0, gate.Waiting);
    }

    [Fact]
    public async Task Past_the_bound_it_is_refused_at_once()
    {
        using var gate = new CallGate();
        for (var i = 0; i < CallGate.Width; i++)
            await gate.Enter();
        var waiting = Enumerable.Range(0, CallGate.MaxWaiting).Select(_ => gate.Enter().AsTask()).ToList();
        Assert.Equal(CallGate.MaxWaiting, gate.Waiting);
        Assert.False(await gate.Enter());
        for (var i = 0; i < CallGate.MaxWaiting; i++)
            gate.Leave();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
    }
}
