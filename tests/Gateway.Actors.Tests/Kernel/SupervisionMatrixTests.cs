// Every directive at every place where an actor can fail. A parent (p, restarted by its own supervisor when it fails) supervises a
// child (c) that fails once. "x" is told to the child at the end: it is in the log where someone of that path is alive.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class SupervisionMatrixTests
{
    private const string ParentRestarts = "before restart p, stop p, ";

    [Theory]
    [InlineData(Directive.Resume, FailurePlace.Receive, "start p, start c, x")]
    [InlineData(Directive.Restart, FailurePlace.Receive, "start p, start c, before restart c, stop c, restart c, start c, x")]
    [InlineData(Directive.Stop, FailurePlace.Receive, "start p, start c, stop c")]
    [InlineData(Directive.Escalate, FailurePlace.Receive, "start p, start c, " + ParentRestarts + "stop c, restart p, start p, start c, x")]
    [InlineData(Directive.Resume, FailurePlace.Factory, "start p, start c, x")]
    [InlineData(Directive.Restart, FailurePlace.Factory, "start p, start c, x")]
    [InlineData(Directive.Stop, FailurePlace.Factory, "start p")]
    [InlineData(Directive.Escalate, FailurePlace.Factory, "start p, " + ParentRestarts + "restart p, start p, start c, x")]
    [InlineData(Directive.Resume, FailurePlace.PreStart, "start p, start c, start c, x")]
    [InlineData(Directive.Restart, FailurePlace.PreStart, "start p, start c, start c, x")]
    [InlineData(Directive.Stop, FailurePlace.PreStart, "start p, start c")]
    [InlineData(Directive.Escalate, FailurePlace.PreStart, "start p, start c, " + ParentRestarts + "restart p, start p, start c, x")]
    [InlineData(Directive.Resume, FailurePlace.PostRestart, "start p, start c, before restart c, stop c, restart c, start c, x")]
    [InlineData(Directive.Restart, FailurePlace.PostRestart, "start p, start c, before restart c, stop c, restart c, start c, x")]
    [InlineData(Directive.Stop, FailurePlace.PostRestart, "start p, start c, before restart c, stop c, restart c")]
    [InlineData(
        Directive.Escalate,
        FailurePlace.PostRestart,
        "start p, start c, before restart c, stop c, restart c, " + ParentRestarts + "restart p, start p, start c, x")]
    [InlineData(Directive.Restart, FailurePlace.PreRestart, "start p, start c, before restart c, restart c, start c, x")]
    [InlineData(Directive.Stop, FailurePlace.PostStop, "start p, start c, stop c")]
    [InlineData(Directive.Restart, FailurePlace.PostStop, "start p, start c, before restart c, stop c, restart c, start c, x")]
    public void The_directive_is_followed(Directive directive, FailurePlace place, string expected)
    {
        using var system = new TestSystem(guardianStrategy: new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => Directive.Restart));
        var log = system.CreateProbe();
        var failures = new Queue<FailurePlace>([place]);

        var child = ScriptedActor.Props(log, new()
        {
            Name = "c",
            OnFactory = () => FailAt(FailurePlace.Factory),
            OnStart = _ => FailAt(FailurePlace.PreStart),
            OnStop = () => FailAt(FailurePlace.PostStop),
            OnBeforeRestart = (_, _) => FailAt(FailurePlace.PreRestart),
            OnAfterRestart = () => FailAt(FailurePlace.PostRestart),
        });
        // Some places are only come to through a failure in Receive.
        var first = place is FailurePlace.PostRestart or FailurePlace.PreRestart ? Directive.Restart : directive;
        var supervisor = new OneForOneStrategy(10, TimeSpan.FromMinutes(1), e => e is ActorInitializationException ? directive : first);
        var actor = ActorRef.Nobody;
        var parent = ScriptedActor.Props(log, new()
        {
            Name = "p",
            Strategy = supervisor,
            OnStart = context => actor = context.Spawn(child, "c"),
        });
        system.Spawn(parent, "p");

        if (place is not (FailurePlace.Factory or FailurePlace.PreStart))
            actor.Tell(new InvalidOperationException("boom"));
        system.Run();
        actor.Tell("x");

        Assert.Equal(expected, string.Join(", ", log.Messages));
        // On restart PostStop is called by PreRestart, and what it throws is that one's.
        var reported = (directive, place) is (Directive.Restart, FailurePlace.PostStop) ? FailurePlace.PreRestart : place;
        Assert.Contains(system.Failures, failure => failure.Place == reported);
        var alive = expected.EndsWith('x') ? 1 : 0;
        Assert.Equal(1 + alive, system.System.Counters.ActorsAlive);
        Assert.Equal(1 - alive, system.DeadLetters.Count);

        void FailAt(FailurePlace here)
        {
            if (failures.TryPeek(out var next) && next == here)
            {
                failures.Dequeue();
                throw new InvalidOperationException("boom in " + here);
            }
        }
    }
}
