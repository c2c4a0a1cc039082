// What the kernel costs in memory: nothing a Tell, little an idle actor.

using Gateway.Actors.Kernel;
using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

/// <summary>The memory of the whole process is measured: nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    private static readonly object Message = new();

    [Theory]
    [InlineData(1, null)]
    [InlineData(4, null)]
    [InlineData(100, null)]
    [InlineData(5000, null)]
    [InlineData(100, 100)]
    public void A_tell_allocates_nothing_once_warm(int burst, int? capacity)
    {
        using var system = new TestSystem();
        var actor = system.Spawn(Props.Create(() => new Silent()).WithMailbox(new() { Capacity = capacity }));
        for (var i = 0; i < 50; i++)
            TellAndRun();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
            TellAndRun();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void TellAndRun()
        {
            for (var i = 0; i < burst; i++)
                actor.Tell(Message, actor);
            system.Run();
        }
    }

    [Fact]
    public void A_periodic_timer_allocates_nothing_a_tick()
    {
        using var system = new TestSystem();
        var received = 0;
        system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnStart = context => context.Timers.StartPeriodic("tick", Message, TimeSpan.FromMilliseconds(5)),
            OnMessage = (_, _) => received++,
        }));
        Action run = system.Run;
        system.Time.Advance(TimeSpan.FromSeconds(1), run);

        var before = GC.GetAllocatedBytesForCurrentThread();
        system.Time.Advance(TimeSpan.FromSeconds(1), run);
        var perTick = (GC.GetAllocatedBytesForCurrentThread() - before) / 200.0;

        Assert.Equal(400, received);
        // The virtual clock's sorted set takes a node each time that it is armed; the kernel adds nothing.
        Assert.True(perTick <= 64, $"{perTick} bytes a tick");
    }

    [Fact]
    public void An_idle_actor_takes_at_most_700_bytes()
    {
        const int count = 10_000;
        using var system = new TestSystem();
        var props = Props.Create(() => new Silent());
        var actors = new ActorRef[count];
        var parent = system.Spawn(ScriptedActor.Props(ActorRef.Nobody, new()
        {
            OnMessage = (context, _) =>
            {
                for (var i = 0; i < count; i++)
                    actors[i] = context.Spawn(props);
            },
        }));

        var before = GC.GetTotalMemory(forceFullCollection: true);
        parent.Tell("spawn");
        system.Run();
        foreach (var actor in actors)
            actor.Tell(Message);
        system.Run();
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;

        Assert.True(each <= 700, $"{each:F0} bytes an idle actor that has handled a message");
        GC.KeepAlive(actors);
    }

    private sealed class Silent : Actor
    {
        protected override void Receive(object message)
        {
        }
    }
}
