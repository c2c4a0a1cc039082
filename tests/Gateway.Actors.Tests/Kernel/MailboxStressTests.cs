// The mailbox on the real thread pool: no wake-up is lost, nothing is lost or doubled, a producer's order holds.

using System.Diagnostics;
using Gateway.Actors.Kernel;

namespace Gateway.Actors.Tests.Kernel;

public sealed class MailboxStressTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Each producer waits for its message to be handled before it tells the next, so the actor goes idle at almost every
    /// one: a wake-up lost once leaves all producers of that actor waiting for ever.
    /// </summary>
    [Fact]
    public async Task No_wake_up_is_lost_between_idle_and_busy()
    {
        const int actors = 2, producers = 2, rounds = 20_000;
        await using var system = new ActorSystem(new() { Throughput = 2 });
        var handled = new Counter[actors * producers];
        var threads = new List<Thread>();
        for (var a = 0; a < actors; a++)
        {
            var actor = system.Spawn(Props.Create(() => new CountingActor(handled)), $"a{a}");
            for (var p = 0; p < producers; p++)
            {
                var me = (a * producers) + p;
                handled[me] = new Counter();
                threads.Add(new Thread(() => Produce(actor, me)));
            }
        }

        RunToEnd(threads);
        Assert.True(
            handled.All(counter => counter.Value == rounds),
            "handled by producer: " + string.Join(", ", handled.Select(counter => $"{counter.Value}/{rounds}, out of order {counter.OutOfOrder}")));

        void Produce(ActorRef actor, int me)
        {
            var started = Stopwatch.GetTimestamp();
            for (var round = 1; round <= rounds; round++)
            {
                // The system lane must wake an idle actor as well.
                if (round % 7 == me)
                    actor.SendSystem(new Unwatch(ActorRef.Nobody));
                actor.Tell(new Item(me, round));
                var wait = new SpinWait();
                while (handled[me].Value < round)
                {
                    wait.SpinOnce(sleep1Threshold: -1);
                    if (wait.Count % 1024 == 0 && Stopwatch.GetElapsedTime(started) > Deadline)
                        return;
                }
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(50)]
    public async Task Under_flood_each_accepted_message_is_handled_once_and_in_its_producers_order(int? capacity)
    {
        const int producers = 4, each = 50_000;
        await using var system = new ActorSystem(new() { Throughput = 7 });
        var handled = Enumerable.Range(0, producers).Select(_ => new Counter()).ToArray();
        var actor = system.Spawn(
            Props.Create(() => new CountingActor(handled)).WithMailbox(new() { Capacity = capacity }), "sink");
        var refusals = 0;
        var threads = Enumerable.Range(0, producers).Select(me => new Thread(() =>
        {
            for (var number = 1; number <= each; number++)
            {
                var item = new Item(me, number);
                while (actor.TryTell(item) != TellOutcome.Accepted)
                {
                    Interlocked.Increment(ref refusals);
                    Thread.Yield();
                }
            }
        })).ToList();

        RunToEnd(threads);
        var started = Stopwatch.GetTimestamp();
        while (handled.Sum(counter => counter.Value) < producers * each && Stopwatch.GetElapsedTime(started) < Deadline)
            await Task.Delay(1);

        Assert.All(handled, counter => Assert.Equal((each, 0), (counter.Value, counter.OutOfOrder)));
        Assert.Equal(capacity is not null, refusals > 0);
        Assert.Equal(0, system.Counters.DeadLetters);
    }

    [Fact]
    public async Task Actors_that_are_stopped_under_flood_all_end()
    {
        await using var system = new ActorSystem(new() { Throughput = 3 });
        using var stop = new CancellationTokenSource();
        var current = ActorRef.Nobody;
        var threads = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                Volatile.Read(ref current).TryTell("flood");
        })).ToList();
        threads.ForEach(thread => thread.Start());
        for (var i = 0; i < 300; i++)
        {
            var actor = system.Spawn(Props.Create(() => new CountingActor([])), $"a{i}");
            Volatile.Write(ref current, actor);
            Thread.Yield();
            system.Stop(actor);
        }

        await stop.CancelAsync();
        threads.ForEach(thread => thread.Join());
        await system.Terminate().AsTask().WaitAsync(Deadline);
        Assert.Equal(0, system.Counters.ActorsAlive);
        Assert.Equal(0, system.Counters.Failures);
    }

    private static void RunToEnd(List<Thread> threads)
    {
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }

    private sealed record Item(int Producer, int Number);

    private sealed class Counter
    {
        private int _value;

        public int Value => Volatile.Read(ref _value);

        public int OutOfOrder { get; private set; }

        public void Handle(int number)
        {
            if (number != _value + 1)
                OutOfOrder++;
            Volatile.Write(ref _value, _value + 1);
        }
    }

    private sealed class CountingActor(Counter[] handled) : Actor
    {
        protected override void Receive(object message)
        {
            if (message is Item item)
                handled[item.Producer].Handle(item.Number);
        }
    }
}
