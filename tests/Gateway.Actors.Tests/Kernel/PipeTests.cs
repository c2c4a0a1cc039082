// Results of tasks that arrive as messages.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class PipeTests : IDisposable
{
    private readonly TestSystem _system = new();
    private readonly Probe _probe;

    public PipeTests() => _probe = _system.CreateProbe();

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_piped_result_arrives_as_a_message_at_once_or_later_or_as_its_failure()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_probe, new()).WithMailbox(new() { Capacity = 1 }));
        _probe.Ignore();
        var later = new TaskCompletionSource<int>();
        var failing = new TaskCompletionSource();
        Run(actor, context =>
        {
            context.PipeTo(new ValueTask<int>(7), result => result, e => e.Message);
            context.PipeTo(new ValueTask<int>(later.Task), result => result, e => e.Message);
            context.PipeTo(new ValueTask(failing.Task), () => "done", e => e.Message);
        });
        _probe.ExpectMsg(7);
        _probe.ExpectNoMsg();
        actor.Tell("fills it");
        later.SetResult(8);
        failing.SetException(new InvalidOperationException("broken"));
        _probe.ExpectMsg("fills it");
        _probe.ExpectMsg(8);
        _probe.ExpectMsg("broken");
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void A_piped_result_that_can_not_be_told_is_reported()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_probe, new()));
        Run(actor, context => context.PipeTo(
            new ValueTask<int>(7), _ => throw new InvalidOperationException("a"), _ => throw new InvalidOperationException("b")));
        var failure = Assert.Single(_system.Failures);
        Assert.Equal((actor, FailurePlace.Pipe), (failure.Actor, failure.Place));
        _system.Failures.Clear();

        var late = new TaskCompletionSource<int>();
        Run(actor, context => context.PipeTo(new ValueTask<int>(late.Task), result => result, e => e));
        _system.System.Stop(actor);
        _system.Run();
        late.SetResult(9);
        Assert.Equal(9, Assert.Single(_system.DeadLetters).Message);
    }

    private void Run(ActorRef actor, Action<ActorContext> act)
    {
        actor.Tell(act);
        _system.Run();
    }
}
