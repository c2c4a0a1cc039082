// The mailbox on one thread: order, the system lane, the budget, the bound.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class MailboxTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Messages_arrive_once_and_in_order_whatever_the_queue_has_to_grow_to(int throughput)
    {
        using var system = new TestSystem(throughput);
        var probe = system.CreateProbe();
        var actor = system.Spawn(ScriptedActor.Props(probe, new()));
        probe.Ignore();
        var expected = new List<object>();
        foreach (var burst in new[] { 1, 4, 5, 0, 3, 17, 1000, 2, 70, 1 })
        {
            for (var i = 0; i < burst; i++)
            {
                var message = $"{burst}.{i}";
                expected.Add(message);
                actor.Tell(message);
            }

            system.Run();
        }

        Assert.Equal(expected, probe.Messages.Skip(1));
    }

    [Fact]
    public void Messages_told_during_a_turn_go_behind_those_that_wait()
    {
        using var system = new TestSystem(throughput: 2);
        var seen = new List<object>();
        var actor = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, message) =>
            {
                seen.Add(message);
                if (message is int and < 10)
                    context.Self.Tell((int)message + 10);
            },
        }));
        for (var i = 0; i < 7; i++)
            actor.Tell(i);
        system.Run();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16], seen.Cast<int>());
    }

    [Fact]
    public void The_system_lane_overtakes_user_messages()
    {
        using var system = new TestSystem();
        var probe = system.CreateProbe();
        var actor = system.Spawn(ScriptedActor.Props(probe, new()));
        probe.Ignore();
        for (var i = 0; i < 5; i++)
            actor.Tell(i);
        system.System.Stop(actor);

        probe.ExpectMsg("stop a");
        probe.ExpectNoMsg();
        Assert.Equal(5, system.DeadLetters.Count);
    }

    [Fact]
    public void The_system_lane_overtakes_in_the_middle_of_a_batch()
    {
        using var system = new TestSystem();
        var seen = 0;
        var actor = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, _) =>
            {
                if (++seen == 3)
                    context.Stop(context.Self);
            },
        }));
        for (var i = 0; i < 10; i++)
            actor.Tell(i);
        system.Run();
        Assert.Equal(3, seen);
        Assert.Equal(7, system.DeadLetters.Count(letter => letter.Reason == DeadLetterReason.Stopped));
    }

    [Fact]
    public void A_flooded_actor_does_not_starve_another()
    {
        using var system = new TestSystem(throughput: 5);
        var order = new List<string>();
        var flooded = Recorder("flooded");
        var other = Recorder("other");
        for (var i = 0; i < 100; i++)
            flooded.Tell(i);
        for (var i = 0; i < 3; i++)
            other.Tell(i);
        system.Run();

        Assert.Equal(5, order.IndexOf("other"));
        Assert.Equal(103, order.Count);

        ActorRef Recorder(string name) =>
            system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new() { OnMessage = (_, _) => order.Add(name) }));
    }

    [Fact]
    public void A_bounded_mailbox_refuses_what_exceeds_its_bound()
    {
        using var system = new TestSystem();
        var probe = system.CreateProbe();
        var actor = system.Spawn(ScriptedActor.Props(probe, new()).WithMailbox(new() { Capacity = 3 }));
        probe.Ignore();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal(TellOutcome.Accepted, actor.TryTell(i));
            Assert.Equal(TellOutcome.Full, actor.TryTell("refused"));
            Assert.Empty(system.DeadLetters);
            for (var i = 0; i < 3; i++)
                probe.ExpectMsg(i);
            probe.ExpectNoMsg();
        }

        for (var i = 0; i < 4; i++)
            actor.Tell(i);
        var letter = Assert.Single(system.DeadLetters);
        Assert.Equal((3, DeadLetterReason.MailboxFull), ((int)letter.Message, letter.Reason));
    }

    [Fact]
    public void The_bound_counts_what_is_taken_but_not_yet_handled()
    {
        using var system = new TestSystem();
        var outcomes = new List<TellOutcome>();
        var actor = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, message) =>
            {
                if (message is not "first")
                    return;
                for (var i = 0; i < 3; i++)
                    outcomes.Add(context.Self.TryTell(i));
            },
        }).WithMailbox(new() { Capacity = 3 }));
        actor.Tell("first");
        actor.Tell("second");
        system.Run();
        Assert.Equal([TellOutcome.Accepted, TellOutcome.Accepted, TellOutcome.Full], outcomes);
    }

    [Fact]
    public void A_stopped_actor_refuses()
    {
        using var system = new TestSystem();
        var actor = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()));
        system.System.Stop(actor);
        system.Run();
        Assert.Equal(TellOutcome.Stopped, actor.TryTell("late"));
        Assert.Empty(system.DeadLetters);
        actor.Tell("late");
        Assert.Equal(DeadLetterReason.Stopped, Assert.Single(system.DeadLetters).Reason);
    }

    [Fact]
    public void A_poison_pill_takes_its_turn()
    {
        using var system = new TestSystem();
        var probe = system.CreateProbe();
        var actor = system.Spawn(ScriptedActor.Props(probe, new()));
        probe.Ignore();
        actor.Tell("before");
        actor.Tell(PoisonPill.Instance);
        actor.Tell("behind");
        probe.ExpectMsg("before");
        probe.ExpectMsg("stop a");
        probe.ExpectNoMsg();
        Assert.Equal("behind", Assert.Single(system.DeadLetters).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Order_per_sender_holds_in_every_interleaving(int seed)
    {
        using var system = new TestSystem(throughput: 2, seed: seed);
        var latest = new int[4];
        var sink = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (_, message) =>
            {
                var (sender, number) = ((int, int))message;
                Assert.Equal(++latest[sender], number);
            },
        }));
        for (var sender = 0; sender < latest.Length; sender++)
        {
            var (me, sent) = (sender, 0);
            var producer = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new() { OnMessage = (_, _) => sink.Tell((me, ++sent)) }));
            for (var i = 0; i < 50; i++)
                producer.Tell(i);
        }

        system.Run();
        Assert.Equal([50, 50, 50, 50], latest);
        Assert.Empty(system.Failures);
    }
}
