// How often a supervisor restarts a child before it gives up.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class RestartWindowTests : IDisposable
{
    private static readonly InvalidOperationException Boom = new("boom");

    private readonly TestSystem _system = new();
    private readonly Probe _probe;

    public RestartWindowTests() => _probe = _system.CreateProbe();

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Restarts_within_the_window_are_limited_and_older_ones_forgotten()
    {
        var actor = Supervised(new OneForOneStrategy(2, TimeSpan.FromSeconds(10), _ => Directive.Restart));
        Fail(Directive.Restart);
        _system.Advance(TimeSpan.FromSeconds(6));
        Fail(Directive.Restart);
        _system.Advance(TimeSpan.FromSeconds(4));
        // The first is 10 s old: out of the window. The second and third are in it.
        Fail(Directive.Restart);
        _system.Advance(TimeSpan.FromSeconds(5));
        Fail(Directive.Stop);
        Assert.Equal(TellOutcome.Stopped, actor.TryTell("gone"));
        Assert.Equal(3, _system.System.Counters.Restarts);

        void Fail(Directive expected)
        {
            actor.Tell(Boom);
            _system.Run();
            Assert.Equal(expected, _system.Failures[^1].Directive);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 4)]
    public void An_infinite_window_never_forgets(int maxRestarts, int failuresToStop)
    {
        var actor = Supervised(new OneForOneStrategy(maxRestarts, Timeout.InfiniteTimeSpan, _ => Directive.Restart));
        for (var i = 0; i < failuresToStop; i++)
        {
            Assert.Equal(TellOutcome.Accepted, actor.TryTell(Boom));
            _system.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(TellOutcome.Stopped, actor.TryTell("gone"));
    }

    [Fact]
    public void By_default_an_actor_is_restarted_10_times_a_minute_and_stopped_at_the_11th()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_probe, new()));
        for (var i = 0; i < 11; i++)
        {
            Assert.Equal(TellOutcome.Accepted, actor.TryTell(Boom));
            _system.Run();
        }

        Assert.Equal(TellOutcome.Stopped, actor.TryTell("gone"));
    }

    private ActorRef Supervised(SupervisorStrategy strategy)
    {
        var child = ActorRef.Nobody;
        _system.Spawn(ScriptedActor.Props(_probe, new()
        {
            Strategy = strategy,
            OnStart = context => child = context.Spawn(ScriptedActor.Props(_probe, new())),
        }));
        return child;
    }
}
