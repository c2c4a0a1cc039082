// The scheduler and the timers of an actor, on virtual time with a wheel of 1 ms ticks.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class TimerTests : IDisposable
{
    private readonly TestSystem _system = new();
    private readonly Probe _probe;
    private readonly ActorRef _actor;

    public TimerTests()
    {
        _probe = _system.CreateProbe();
        _actor = _system.Spawn(ScriptedActor.Props(_probe, new()));
        _probe.Ignore();
    }

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_single_timer_goes_off_once_and_not_early()
    {
        Do(timers => timers.StartSingle("key", "ding", Ms(100)));
        _system.Advance(Ms(99));
        _probe.ExpectNoMsg();
        Do(timers => Assert.True(timers.IsActive("key")));
        _system.Advance(Ms(1));
        _probe.ExpectMsg("ding");
        Do(timers => Assert.False(timers.IsActive("key")));
        _system.Advance(Ms(10_000));
        _probe.ExpectNoMsg();
        Assert.Empty(_system.Failures);
    }

    [Fact]
    public void Timers_go_off_in_the_order_in_which_they_are_due()
    {
        Do(timers =>
        {
            timers.StartSingle(1, "c", Ms(2000));
            timers.StartSingle(2, "a", Ms(3));
            timers.StartSingle(3, "b", Ms(515));
            timers.StartSingle(4, "a2", Ms(3));
            timers.StartSingle(5, "0", TimeSpan.Zero);
        });
        _system.Advance(Ms(5000));
        foreach (var expected in new[] { "0", "a", "a2", "b", "c" })
            _probe.ExpectMsg(expected);
    }

    [Fact]
    public void A_cancelled_timer_never_arrives_even_from_the_mailbox()
    {
        Do(timers => timers.StartSingle("key", "ding", Ms(10)));
        Do(timers => timers.Cancel("key"));
        _system.Advance(Ms(50));
        _probe.ExpectNoMsg();

        Do(timers => timers.StartSingle("key", "ding", Ms(10)));
        // The cancelling message waits in the mailbox before the timer's.
        Send(timers => timers.Cancel("key"));
        _system.Time.Advance(Ms(50));
        _system.Run();
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void Starting_a_key_again_drops_the_old_message()
    {
        Do(timers => timers.StartSingle("key", "old", Ms(10)));
        Send(timers => timers.StartSingle("key", "new", Ms(10)));
        _system.Time.Advance(Ms(20));
        _system.Run();
        _probe.ExpectNoMsg();
        _system.Advance(Ms(10));
        _probe.ExpectMsg("new");
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void A_restart_drops_the_timers_of_the_old_instance()
    {
        Do(timers => timers.StartPeriodic("key", "old", Ms(10)));
        _actor.Tell(new InvalidOperationException("boom"));
        _system.Time.Advance(Ms(10));
        _system.Run();
        _probe.ExpectMsg("before restart a");
        _probe.ExpectMsg("stop a");
        _probe.ExpectMsg("restart a");
        _probe.ExpectMsg("start a");
        Do(timers => Assert.False(timers.IsActive("key")));
        _system.Advance(Ms(100));
        _probe.ExpectNoMsg();
        Assert.Single(_system.Failures);
    }

    [Fact]
    public void A_stopped_actor_leaves_no_timer_and_no_dead_letter()
    {
        Do(timers => timers.StartPeriodic("key", "old", Ms(10)));
        _system.System.Stop(_actor);
        _system.Run();
        Assert.Equal(0, _system.System.Scheduler.Count);
        _system.Advance(Ms(100));
        Assert.Empty(_system.DeadLetters);
    }

    [Fact]
    public void A_periodic_timer_comes_each_interval_until_cancelled()
    {
        Do(timers => timers.StartPeriodic("key", "tick", Ms(30)));
        _system.Advance(Ms(100));
        for (var i = 0; i < 3; i++)
            _probe.ExpectMsg("tick");
        _probe.ExpectNoMsg();
        Do(timers => timers.Cancel("key"));
        _system.Advance(Ms(100));
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void A_slow_actor_finds_one_tick_of_a_periodic_timer_not_a_pile()
    {
        Do(timers => timers.StartPeriodic("key", "tick", Ms(10)));
        _system.Time.Advance(Ms(1000));
        _probe.ExpectMsg("tick");
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void A_full_mailbox_does_not_refuse_a_timer()
    {
        var actor = _system.Spawn(ScriptedActor.Props(_probe, new()
        {
            OnStart = context => context.Timers.StartSingle("key", "ding", Ms(10)),
        }).WithMailbox(new() { Capacity = 1 }));
        _probe.Ignore();
        actor.Tell("fills it");
        _system.Time.Advance(Ms(10));
        _probe.ExpectMsg("fills it");
        _probe.ExpectMsg("ding");
    }

    [Fact]
    public void The_clocks_timer_is_armed_only_while_something_waits()
    {
        Assert.Equal(0, _system.Time.ArmedTimers);
        for (var i = 0; i < 20; i++)
            Do(timers => timers.StartSingle("key", "ding", Ms(10)));
        Assert.Equal(1, _system.Time.ArmedTimers);
        Do(timers => timers.Cancel("key"));
        _system.Advance(Ms(10));
        Assert.Equal(0, _system.Time.ArmedTimers);
    }

    [Fact]
    public void A_message_can_be_scheduled_for_anyone_and_called_back()
    {
        _system.System.Scheduler.ScheduleOnce(Ms(10), _probe, "ding", _actor);
        var cancelled = _system.System.Scheduler.ScheduleOnce(Ms(5), _probe, "never");
        Assert.True(cancelled.Cancel());
        Assert.False(cancelled.Cancel());
        _system.Advance(Ms(10));
        _probe.ExpectMsg("ding");
        Assert.Equal(_actor, _probe.LastSender);
        _probe.ExpectNoMsg();
    }

    [Fact]
    public void A_coarse_wheel_fires_late_by_less_than_a_tick_and_never_early()
    {
        var time = new VirtualTime();
        using var scheduler = new Scheduler(time, Ms(20), _ => { });
        var random = new Random(7);
        var late = new List<TimeSpan>();
        for (var i = 0; i < 300; i++)
        {
            var due = time.Elapsed + Ms(random.Next(1, 30_000));
            scheduler.Add(new Callback(() => late.Add(time.Elapsed - due)), due - time.Elapsed, TimeSpan.Zero);
            time.Advance(Ms(random.Next(0, 90)));
        }

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(300, late.Count);
        Assert.All(late, by => Assert.InRange(by, TimeSpan.Zero, Ms(20)));
    }

    [Fact]
    public void An_entry_that_throws_does_not_stop_the_wheel()
    {
        var time = new VirtualTime();
        var errors = new List<Exception>();
        using var scheduler = new Scheduler(time, Ms(20), errors.Add);
        var fired = 0;
        scheduler.Add(new Callback(() => throw new InvalidOperationException("boom")), Ms(20), TimeSpan.Zero);
        scheduler.Add(new Callback(() => fired++), Ms(20), Ms(20));
        time.Advance(Ms(100));
        Assert.Equal((1, 5), (errors.Count, fired));
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Send(Action<ActorTimers> act) => _actor.Tell((Action<ActorContext>)(context => act(context.Timers)));

    private void Do(Action<ActorTimers> act)
    {
        Send(act);
        _system.Run();
    }

    private sealed class Callback(Action action) : WheelEntry
    {
        public override void Fire() => action();
    }
}
