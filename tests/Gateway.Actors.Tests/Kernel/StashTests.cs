// The stash: order, bound, and what becomes of it at a restart and at the end.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class StashTests : IDisposable
{
    private readonly TestSystem _system = new();
    private readonly Probe _probe;

    public StashTests() => _probe = _system.CreateProbe();

    public void Dispose() => _system.Dispose();

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
}
