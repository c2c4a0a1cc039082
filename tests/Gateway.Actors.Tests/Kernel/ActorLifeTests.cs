// Spawning, names, children, behaviours, dead letters, and the ordered end of a system.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class ActorLifeTests : IDisposable
{
    private readonly TestSystem _system = new();
    private readonly Probe _probe;

    public ActorLifeTests() => _probe = _system.CreateProbe();

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_name_is_taken_while_its_actor_lives()
    {
        var first = _system.Spawn(ScriptedActor.Props(_probe, new()), "twin");
        Assert.Throws<InvalidOperationException>(() => _system.Spawn(ScriptedActor.Props(_probe, new()), "twin"));
        _system.System.Stop(first);
        _system.Run();
        var second = _system.Spawn(ScriptedActor.Props(_probe, new()), "twin");
        Assert.NotSame(first, second);
        Assert.Equal("/user/twin", second.Path);
    }

    [Fact]
    public void Children_are_found_by_name_until_they_have_ended()
    {
        Run(_system.Spawn(ScriptedActor.Props(_probe, new()), "p"), context =>
        {
            var child = context.Spawn(ScriptedActor.Props(_probe, new()), "c");
            var unnamed = context.Spawn(ScriptedActor.Props(_probe, new()));
            Assert.Equal("/user/p/c", child.Path);
            Assert.Equal([child, unnamed], context.Children);
            Assert.Same(child, context.Child("c"));
            Assert.Null(context.Child("d"));
            Assert.Throws<InvalidOperationException>(() => context.Spawn(ScriptedActor.Props(_probe, new()), "c"));
            context.Stop(child);
            Assert.Throws<InvalidOperationException>(() => context.Spawn(ScriptedActor.Props(_probe, new()), "c"));
            Assert.Throws<InvalidOperationException>(() => context.Stop(_probe));
        });
        Run(_system.System.Spawn(ScriptedActor.Props(_probe, new()), "q"), context => Assert.Empty(context.Children));
    }

    [Fact]
    public void A_constructor_has_no_context()
    {
        var actor = _system.Spawn(() => new Eager());
        Assert.Equal(TellOutcome.Stopped, actor.TryTell("gone"));
        Assert.Equal(FailurePlace.Factory, Assert.Single(_system.Failures).Place);
        _system.Failures.Clear();
    }

    [Fact]
    public void A_behaviour_replaces_receive_until_it_is_undone_or_the_actor_restarts()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_probe, new()));
        _probe.Ignore();
        Run(actor, context => context.Become(message => Other(context, message)));
        actor.Tell("1");
        actor.Tell("back");
        actor.Tell("2");
        _probe.ExpectMsg("other 1");
        _probe.ExpectMsg("2");

        Run(actor, context => context.Become(message => Other(context, message)));
        actor.Tell("fail");
        _system.Run();
        _probe.Ignore();
        actor.Tell("3");
        _probe.ExpectMsg("3");

        void Other(ActorContext context, object message)
        {
            if (message is "fail")
                throw new InvalidOperationException("boom");
            if (message is "back")
                context.Unbecome();
            else
                _probe.Tell("other " + message);
        }
    }

    [Fact]
    public void Dead_letters_say_why()
    {
        var actor = _system.Spawn(() => new Deaf());
        actor.Tell("what?", _probe);
        _system.System.DeadLetters.Tell("nobody");
        actor.Tell("reply");
        _system.Run();
        Assert.Equal(
            [
                new DeadLetter("nobody", _system.System.DeadLetters, _system.System.DeadLetters, DeadLetterReason.NoRecipient),
                new DeadLetter("what?", _probe, actor, DeadLetterReason.Unhandled),
                new DeadLetter("reply", _system.System.DeadLetters, actor, DeadLetterReason.Unhandled),
            ],
            _system.DeadLetters);
        Assert.Equal(3, _system.System.Counters.DeadLetters);
        ActorRef.Nobody.Tell("swallowed");
        Assert.Equal(3, _system.System.Counters.DeadLetters);
    }

    [Fact]
    public void A_report_about_dead_letters_that_dies_itself_is_not_reported_again()
    {
        var gone = _system.Spawn(ScriptedActor.Props(_probe, new()));
        _system.System.Stop(gone);
        _system.Run();
        _system.System.OnDeadLetter += letter => gone.Tell(letter);
        _system.System.OnDeadLetter += _ => throw new InvalidOperationException("a subscriber of ours");
        gone.Tell("late");
        Assert.Single(_system.DeadLetters);
        Assert.Equal(2, _system.System.Counters.DeadLetters);
    }

    [Fact]
    public void A_system_ends_children_before_parents_and_refuses_afterwards()
    {
        var actor = _system.Spawn(Tree(2), "root");
        _probe.Ignore();
        var terminated = _system.System.Terminate().AsTask();
        Assert.False(terminated.IsCompleted);
        _system.Run();

        Assert.True(terminated.IsCompletedSuccessfully);
        var order = _probe.Messages.Skip(7).Cast<string>().ToList();
        Assert.Equal(7, order.Count);
        Assert.Equal("stop 2", order[^1]);
        Assert.All(order.Take(4), stop => Assert.Equal("stop 0", stop));
        Assert.Equal(0, _system.System.Counters.ActorsAlive);
        Assert.Equal(0, _system.Time.ArmedTimers);
        Assert.Throws<InvalidOperationException>(() => _system.System.Spawn(Tree(0), "late"));
        Assert.Equal(TellOutcome.Stopped, actor.TryTell("late"));
        Assert.True(_system.System.Terminate().AsTask().IsCompletedSuccessfully);

        Props Tree(int depth) => ScriptedActor.Props(_probe, new()
        {
            Name = $"{depth}",
            OnStart = context =>
            {
                context.Timers.StartPeriodic("tick", "tick", TimeSpan.FromSeconds(1));
                for (var i = 0; i < 2 && depth > 0; i++)
                    context.Spawn(Tree(depth - 1));
            },
        });
    }

    [Fact]
    public void The_log_is_rate_bounded_and_says_what_it_left_out()
    {
        var rate = new LogRate(_system.Time);
        for (var i = 0; i < LogRate.Lines; i++)
            Assert.True(rate.TryTake(out _));
        for (var i = 0; i < 5; i++)
            Assert.False(rate.TryTake(out _));
        _system.Advance(LogRate.Window);
        Assert.True(rate.TryTake(out var suppressed));
        Assert.Equal(5, suppressed);
    }

    /// <summary>Runs code on the actor's turn; an assertion that fails there fails the test.</summary>
    private void Run(ActorRef actor, Action<ActorContext> act)
    {
        var before = _system.Failures.Count;
        actor.Tell(act);
        _system.Run();
        if (_system.Failures.Skip(before).FirstOrDefault(failure => failure.Place == FailurePlace.Receive) is { } failure)
            throw failure.Reason;
    }

    private sealed class Eager : Actor
    {
        public Eager() => Context.Timers.CancelAll();

        protected override void Receive(object message)
        {
        }
    }

    private sealed class Deaf : Actor
    {
        protected override void Receive(object message) => Unhandled(message);
    }
}
