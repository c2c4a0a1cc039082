// Death watch: one Terminated for each watched actor, whenever it ends, and none after Unwatch.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class DeathWatchTests : IDisposable
{
    private readonly TestSystem _system = new();
    private readonly Probe _probe;
    private readonly ActorRef _watcher;
    private readonly ActorRef _other;

    public DeathWatchTests()
    {
        _probe = _system.CreateProbe();
        _watcher = _system.Spawn(ScriptedActor.Props(_probe, new() { Name = "watcher" }));
        _other = _system.Spawn(ScriptedActor.Props(_system.CreateProbe("other"), new() { Name = "other" }));
        _probe.Ignore();
    }

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_watcher_is_told_once_when_the_watched_actor_ends()
    {
        Do(context => context.Watch(_other));
        Do(context => context.Watch(_other));
        _probe.ExpectNoMsg();

        _system.System.Stop(_other);

        _probe.ExpectTerminated(_other);
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void Watching_a_dead_actor_answers_at_once()
    {
        _system.System.Stop(_other);
        _system.Run();

        Do(context => context.Watch(_other));

        _probe.ExpectTerminated(_other);
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void A_watch_that_meets_an_actor_while_it_stops_is_answered()
    {
        var child = default(ActorRef);
        Send(_other, context => child = context.Spawn(ScriptedActor.Props(ActorRef.Nobody, new())));
        _system.Run();
        Send(_watcher, context => context.Watch(_other));
        _system.System.Stop(_other);
        _watcher.Tell("after");
        _system.Run();

        Assert.Equal(TellOutcome.Stopped, child!.TryTell("gone"));
        Assert.Contains(new Terminated(_other), _probe.Messages);
    }

    [Fact]
    public void Nothing_arrives_after_unwatch_even_if_it_was_under_way()
    {
        Do(context => context.Watch(_other));
        // It ends first: the news overtakes the unwatching message and is queued behind it.
        _system.System.Stop(_other);
        Send(_watcher, context =>
        {
            _probe.Tell("unwatching");
            context.Unwatch(_other);
        });
        _probe.ExpectMsg("unwatching");
        _probe.ExpectNoMsg();

        Do(context => context.Watch(_other));
        _probe.ExpectTerminated(_other);
    }

    [Fact]
    public void An_unwatched_actor_ends_unnoticed()
    {
        Do(context => context.Watch(_other));
        Do(context => context.Unwatch(_other));
        _system.System.Stop(_other);
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void What_the_dead_actor_told_arrives_before_the_news_of_its_death()
    {
        Do(context => context.Watch(_other));
        Send(_other, context =>
        {
            _watcher.Tell("last words");
            context.Stop(context.Self);
        });
        _probe.ExpectMsg("last words");
        _probe.ExpectTerminated(_other);
    }

    [Fact]
    public void A_full_mailbox_does_not_refuse_the_news()
    {
        var watcher = _system.Spawn(ScriptedActor.Props(_probe, new()).WithMailbox(new() { Capacity = 1 }));
        Send(watcher, context => context.Watch(_other));
        _probe.Ignore();
        _system.System.Stop(_other);
        watcher.Tell("fills it");
        _probe.ExpectMsg("fills it");
        _probe.ExpectTerminated(_other);
    }

    [Fact]
    public void A_restart_of_the_watched_actor_is_not_its_end()
    {
        Do(context => context.Watch(_other));
        _other.Tell(new InvalidOperationException("boom"));
        _probe.ExpectNoMsg();
        Assert.Single(_system.Failures);
    }

    [Fact]
    public void Several_watchers_and_probes_are_told()
    {
        var second = _system.CreateProbe();
        second.Watch(_other);
        Do(context => context.Watch(_other));
        _system.System.Stop(_other);
        second.ExpectTerminated(_other);
        _probe.ExpectTerminated(_other);
    }

    [Fact]
    public void An_actor_can_watch_a_probe()
    {
        var other = _system.CreateProbe();
        Do(context => context.Watch(other));
        other.Stop();
        _probe.ExpectTerminated(other);
    }

    private static void Send(ActorRef actor, Action<ActorContext> act) => actor.Tell(act);

    private void Do(Action<ActorContext> act)
    {
        Send(_watcher, act);
        _system.Run();
    }
}
