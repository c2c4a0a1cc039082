// Supervision beyond the matrix: what is held while a decision is open, escalation, children over a restart, reports.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class SupervisionTests : IDisposable
{
    private static readonly InvalidOperationException Boom = new("boom");

    private readonly TestSystem _system = new();
    private readonly Probe _log;

    public SupervisionTests() => _log = _system.CreateProbe();

    public void Dispose() => _system.Dispose();

    [Fact]
    public void By_default_an_actor_that_can_not_be_started_is_stopped()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_log, new() { OnStart = _ => throw Boom }));
        Assert.Equal(TellOutcome.Stopped, actor.TryTell("gone"));
        var failure = Assert.Single(_system.Failures);
        Assert.Equal(Boom, Assert.IsType<ActorInitializationException>(failure.Reason).InnerException);
    }

    [Fact]
    public void The_failing_message_is_reported_and_handed_to_the_failed_instance()
    {
        var seen = default((Exception, object?));
        var actor = _system.Spawn(ScriptedActor.Props(_log, new() { OnBeforeRestart = (reason, message) => seen = (reason, message) }));
        actor.Tell(Boom);
        _system.Run();
        Assert.Equal((Boom, Boom), seen);
        var failure = Assert.Single(_system.Failures);
        Assert.Equal(new ActorFailure(actor, Boom, Directive.Restart, FailurePlace.Receive, Boom), failure);
        Assert.Equal(1, _system.System.Counters.Failures);
    }

    [Fact]
    public void What_waits_behind_a_failing_message_is_handled_by_the_next_instance()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_log, new()));
        actor.Tell(Boom);
        actor.Tell("next");
        Expect("start a", "before restart a", "stop a", "restart a", "start a", "next");
    }

    [Fact]
    public void While_a_failure_is_undecided_the_user_lanes_of_the_actor_and_its_children_wait()
    {
        var (decided, handled) = (false, new List<bool>());
        var strategy = new OneForOneStrategy(10, TimeSpan.FromMinutes(1), _ =>
        {
            decided = true;
            return Directive.Resume;
        });
        ActorRef child = ActorRef.Nobody, grandchild = ActorRef.Nobody;
        var note = new ScriptedActor.Script { OnMessage = (_, _) => handled.Add(decided) };
        _system.Spawn(ScriptedActor.Props(_log, new()
        {
            Strategy = strategy,
            OnStart = context => child = context.Spawn(ScriptedActor.Props(_log, new()
            {
                OnStart = own => grandchild = own.Spawn(ScriptedActor.Props(_log, note)),
                OnMessage = (_, _) => handled.Add(decided),
            })),
        }));
        child.Tell(Boom);
        child.Tell("held");
        // Told only once the failure is under way, so that the suspension is ahead of it.
        child.Tell((Action<ActorContext>)(_ => grandchild.Tell("after")));
        _system.Run();
        Assert.Equal([true, true], handled);
        Assert.Single(_system.Failures);
    }

    [Fact]
    public void Siblings_go_on_while_one_is_restarted()
    {
        ActorRef failing = ActorRef.Nobody, sibling = ActorRef.Nobody;
        _system.Spawn(ScriptedActor.Props(_log, new()
        {
            Name = "p",
            OnStart = context =>
            {
                failing = context.Spawn(ScriptedActor.Props(_log, new() { Name = "f" }));
                sibling = context.Spawn(ScriptedActor.Props(_log, new() { Name = "s" }));
            },
        }));
        _log.Ignore();
        failing.Tell(Boom);
        sibling.Tell("still here");
        Assert.DoesNotContain("stop s", _log.Messages);
        Assert.Contains("still here", _log.Messages);
    }

    [Fact]
    public void A_restart_stops_the_children_before_the_next_instance_starts()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_log, new()
        {
            Name = "p",
            OnStart = context => context.Spawn(ScriptedActor.Props(_log, new() { Name = "c" }), "same name"),
        }));
        actor.Tell(Boom);
        Expect("start p", "start c", "before restart p", "stop p", "stop c", "restart p", "start p", "start c");
        Assert.Single(_system.Failures);
    }

    [Fact]
    public void Children_that_an_override_keeps_are_restarted_and_go_on()
    {
        var child = default(ActorRef);
        var actor = _system.Spawn(ScriptedActor.Props(_log, new()
        {
            Name = "p",
            KeepChildren = true,
            OnStart = context => child ??= context.Spawn(ScriptedActor.Props(_log, new() { Name = "c" })),
        }));
        actor.Tell(Boom);
        _system.Run();
        child!.Tell("x");
        Expect("start p", "start c", "before restart p", "restart p", "start p", "before restart c", "stop c", "restart c", "start c", "x");
    }

    [Fact]
    public void A_failure_escalated_twice_and_resumed_leaves_everyone_running()
    {
        var refs = new ActorRef[4];
        var escalate = new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => Directive.Escalate);
        var resume = new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => Directive.Resume);
        Spawner(0, resume, Spawner(1, escalate, Spawner(2, escalate, Spawner(3, escalate, null))))(null);
        _log.Ignore();
        refs[3].Tell(Boom);
        _system.Run();
        for (var i = 0; i < refs.Length; i++)
            refs[i].Tell(i);
        _system.Run();

        Assert.Equal([0, 1, 2, 3], _log.Messages.OfType<int>().Order());
        Assert.Equal([Directive.Escalate, Directive.Escalate, Directive.Resume], _system.Failures.Select(failure => failure.Directive));
        Assert.Equal([refs[3], refs[2], refs[1]], _system.Failures.Select(failure => failure.Actor));

        Action<ActorContext?> Spawner(int level, SupervisorStrategy strategy, Action<ActorContext?>? next) => context =>
        {
            var props = ScriptedActor.Props(_log, new() { Name = $"{level}", Strategy = strategy, OnStart = own => next?.Invoke(own) });
            refs[level] = context is null ? _system.Spawn(props) : context.Spawn(props);
        };
    }

    [Fact]
    public void Two_children_that_escalate_at_once_leave_no_one_waiting_for_ever()
    {
        var (first, second) = (ActorRef.Nobody, ActorRef.Nobody);
        var top = _system.Spawn(ScriptedActor.Props(_log, new()
        {
            Strategy = new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => Directive.Resume),
            OnStart = context => context.Spawn(ScriptedActor.Props(_log, new()
            {
                Strategy = new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => Directive.Escalate),
                OnStart = own =>
                {
                    first = own.Spawn(ScriptedActor.Props(_log, new()));
                    second = own.Spawn(ScriptedActor.Props(_log, new()));
                },
            })),
        }));
        first.Tell(Boom);
        second.Tell(Boom);
        _system.Run();
        first.Tell("first");
        second.Tell("second");
        _system.Run();

        // Each has gone on or ended.
        Assert.Contains("first", _log.Messages);
        Assert.True(_log.Messages.Contains("second") || _system.DeadLetters.Any(letter => letter.Message is "second"));
    }

    [Fact]
    public void Escalating_to_the_guardian_stops_the_actor_and_not_the_system()
    {
        using var system = new TestSystem(guardianStrategy: new OneForOneStrategy(1, TimeSpan.Zero, _ => Directive.Escalate));
        var actor = system.Spawn(ScriptedActor.Props(_log, new()));
        actor.Tell(Boom);
        system.Run();
        Assert.Equal(TellOutcome.Stopped, actor.TryTell("gone"));
        system.Spawn(ScriptedActor.Props(_log, new()));
        Assert.Equal(1, system.System.Counters.ActorsAlive);
    }

    [Fact]
    public void A_decider_that_throws_fails_its_supervisor()
    {
        var actor = Supervised(new OneForOneStrategy(1, TimeSpan.FromMinutes(1), _ => throw new NotSupportedException("no idea")));
        actor.Tell(Boom);
        _system.Run();
        Assert.Equal([Directive.Escalate, Directive.Restart], _system.Failures.Select(failure => failure.Directive));
        Assert.Equal([typeof(NotSupportedException), Boom.GetType()], ((AggregateException)_system.Failures[0].Reason).InnerExceptions.Select(e => e.GetType()));
    }

    [Fact]
    public void An_actor_stopped_while_it_waits_for_a_decision_ends()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_log, new()));
        actor.Tell((Action<ActorContext>)(context =>
        {
            context.Stop(context.Self);
            throw Boom;
        }));
        Expect("start a", "stop a");
        Assert.Equal(0, _system.System.Counters.ActorsAlive);
    }

    private ActorRef Supervised(SupervisorStrategy strategy)
    {
        var child = ActorRef.Nobody;
        _system.Spawn(ScriptedActor.Props(_log, new()
        {
            Strategy = strategy,
            OnStart = context => child = context.Spawn(ScriptedActor.Props(_log, new())),
        }));
        return child;
    }

    private void Expect(params object[] messages) => Assert.Equal(messages, _log.Messages);
}
