// The mailbox on the real thread pool: no wake-up is lost, nothing is lost or doubled, a producer's order holds.

using System.Diagnostics;
using Gateway.Actors.Kernel;

namespace Gateway.Actors.Tests.Kernel;

public sealed class MailboxStressTests
{
    /// <summary>Far beyond what a busy machine makes of microseconds: who waits longer waits for ever.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Each producer waits for its message to be handled before it tells the next, so the actor goes idle at almost every
    /// one: a wake-up lost once leaves all producers of that actor waiting for ever. On a busy machine it ends after fewer rounds.
    /// </summary>
    [Fact]
    public async Task No_wake_up_is_lost_between_idle_and_busy()
    {
        const int actors = 2, producers = 2, rounds = 50_000;
        await using var system = new ActorSystem(new() { Throughput = 2 });
        var handled = Enumerable.Range(0, actors * producers).Select(_ => new Counter()).ToArray();
        var told = new int[handled.Length];
        var threads = new List<Thread>();
        var actor = ActorRef.Nobody;
        for (var me = 0; me < handled.Length; me++)
        {
            var producer = me;
            if (me % producers == 0)
                actor = system.Spawn(Props.Create(() => new CountingActor(handled)), $"a{me}");
            var target = actor;
            threads.Add(new Thread(() => Produce(target, producer)));
        }

        RunToEnd(threads);
        var states = handled.Select((counter, me) => $"\n{me}: told {told[me]}, handled {counter.Value}, out of order {counter.OutOfOrder}");
        Assert.True(
            handled.Select((counter, me) => counter.OutOfOrder == 0 && counter.Value == told[me]).All(good => good), string.Concat(states));

        void Produce(ActorRef target, int me)
        {
            var random = new Random(me);
            var started = Stopwatch.GetTimestamp();
            while (told[me] < rounds && Stopwatch.GetElapsedTime(started) < Enough)
            {
                var round = ++told[me];
                // The system lane must wake an idle actor as well.
                if (round % 7 == me)
                    target.SendSystem(new Unwatch(ActorRef.Nobody));
                target.Tell(new Item(me, round));
                if (!Until(() => handled[me].Value >= round))
                    return;
                Thread.SpinWait(random.Next(20));
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(50)]
    public async Task Under_flood_each_accepted_message_is_handled_once_and_in_its_producers_order(int? capacity)
    {
        const int producers = 4, each = 20_000;
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
        Until(() => handled.Sum(counter => counter.Value) >= producers * each);
        Assert.All(handled, counter => Assert.Equal((each, 0), (counter.Value, counter.OutOfOrder)));
        Assert.Equal(capacity is not null, refusals > 0);
        Assert.Equal(0, system.Counters.DeadLetters);
    }

    [Fact]
    public async Task Actors_that_are_stopped_under_flood_all_end()
    {
        const int actors = 100;
        await using var system = new ActorSystem(new() { Throughput = 3 });
        using var stop = new CancellationTokenSource();
        var current = ActorRef.Nobody;
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (Volatile.Read(ref current).TryTell("flood") != TellOutcome.Accepted)
                    Thread.Yield();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        var props = Props.Create(() => new CountingActor([])).WithMailbox(new() { Capacity = 100 });
        for (var i = 0; i < actors; i++)
        {
            var actor = system.Spawn(props, $"a{i}");
            Volatile.Write(ref current, actor);
            Thread.Yield();
            system.Stop(actor);
        }

        await stop.CancelAsync();
        threads.ForEach(thread => thread.Join());
        Until(() => system.Counters.ActorsAlive == 0);
        Assert.Equal(0, system.Counters.ActorsAlive);
        await system.Terminate().AsTask().WaitAsync(Deadline);
        Assert.Equal(0, system.Counters.Failures);
    }

    private static bool Until(Func<bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        var wait = new SpinWait();
        while (!holds())
        {
            wait.SpinOnce(sleep1Threshold: 1000);
            if (wait.Count % 1024 == 0 && Stopwatch.GetElapsedTime(started) > Deadline)
                return false;
        }

        return true;
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
