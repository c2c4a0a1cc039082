// Spawning, names, children, behaviours, the stash, piped results, dead letters, and the ordered end of a system.

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
    public void Stashed_messages_come_back_before_those_that_wait_in_their_order()
    {
        var open = false;
        var actor = Stasher(() => open, new());
        foreach (var message in new[] { "1", "2", "open", "3" })
            actor.Tell(message);
        foreach (var message in new[] { "1", "2", "3" })
            _probe.ExpectMsg(message);
        _probe.ExpectNoMsg();

        ActorRef Stasher(Func<bool> isOpen, MailboxOptions mailbox) => _system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, message) =>
            {
                if (message is "open")
                {
                    open = true;
                    context.UnstashAll();
                }
                else if (isOpen())
                {
                    _probe.Tell(message, context.Sender);
                }
                else
                {
                    context.Stash();
                }
            },
        }).WithMailbox(mailbox));
    }

    [Fact]
    public void Stashing_again_while_unstashing_keeps_the_order()
    {
        var mayPass = 0;
        var actor = _system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, message) =>
            {
                if (message is "open")
                {
                    mayPass++;
                    context.UnstashAll();
                }
                else if (mayPass > 0)
                {
                    mayPass--;
                    _probe.Tell(message);
                }
                else
                {
                    context.Stash();
                }
            },
        }));
        for (var i = 0; i < 5; i++)
            actor.Tell(i);
        for (var i = 0; i < 5; i++)
        {
            actor.Tell("open");
            _probe.ExpectMsg(i);
            _probe.ExpectNoMsg();
        }
    }

    [Fact]
    public void The_stash_is_bounded_and_what_it_holds_at_the_end_becomes_dead_letters()
    {
        var outcomes = new List<StashOutcome>();
        var actor = _system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, _) => outcomes.Add(context.Stash()),
        }).WithMailbox(new() { StashCapacity = 2 }));
        for (var i = 0; i < 3; i++)
            actor.Tell(i);
        _system.Run();
        Assert.Equal([StashOutcome.Stashed, StashOutcome.Stashed, StashOutcome.Full], outcomes);
        Assert.Equal((2, DeadLetterReason.StashFull), ((int)_system.DeadLetters[0].Message, _system.DeadLetters[0].Reason));

        _system.System.Stop(actor);
        _system.Run();
        Assert.Equal([2, 0, 1], _system.DeadLetters.Select(letter => (int)letter.Message));
    }

    [Fact]
    public void A_restart_gives_stashed_messages_to_the_next_instance()
    {
        var restarted = false;
        var actor = _system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnAfterRestart = () => restarted = true,
            OnMessage = (context, message) =>
            {
                if (restarted)
                    _probe.Tell(message);
                else
                    context.Stash();
            },
        }));
        actor.Tell("1");
        actor.Tell(new InvalidOperationException("boom"));
        actor.Tell("2");
        _probe.ExpectMsg("1");
        _probe.ExpectMsg("2");
    }

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
