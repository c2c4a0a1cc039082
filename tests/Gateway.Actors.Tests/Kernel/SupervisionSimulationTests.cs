// A tree of actors under random failures in random places, directives and interleavings; the seed decides all of it.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class SupervisionSimulationTests
{
    private static readonly InvalidOperationException Boom = new("boom");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_tree_under_random_failures_always_settles_with_everyone_running_or_ended(int seed)
    {
        var random = new Random(seed);
        using var system = new TestSystem(throughput: 2, seed: seed);
        var live = new List<ActorRef>();
        var answered = new HashSet<ActorRef>();
        var strategy = new OneForOneStrategy(int.MaxValue, TimeSpan.Zero, _ => (Directive)random.Next(4));
        system.Spawn(Node(0));
        for (var round = 0; round < 300; round++)
        {
            for (var i = 0; i < 4; i++)
                live[random.Next(live.Count)].TryTell(Boom);
            system.Run();
            answered.Clear();
            var accepted = live.Where(actor => actor.TryTell("answer") == TellOutcome.Accepted).ToList();
            system.Run();
            Assert.Equal([], accepted.Except(answered).Cast<ActorCell>().Select(stuck => stuck.State));
            Assert.Equal(system.System.Counters.ActorsAlive, accepted.Count);
            live.RemoveAll(actor => !accepted.Contains(actor));
            if (live.Count == 0)
                system.Spawn(Node(0));
        }

        Props Node(int depth) => ScriptedActor.Props(ActorRef.Nobody, new()
        {
            Strategy = strategy,
            KeepChildren = random.Next(2) == 0,
            OnStart = context =>
            {
                if (!live.Contains(context.Self))
                    live.Add(context.Self);
                if (random.Next(8) == 0)
                    throw Boom;
                for (var i = context.Children.Count; depth < 3 && i < 2; i++)
                    context.Spawn(Node(depth + 1));
            },
            OnStop = () =>
            {
                if (random.Next(8) == 0)
                    throw Boom;
            },
            OnMessage = (context, _) => answered.Add(context.Self),
        });
    }
}
