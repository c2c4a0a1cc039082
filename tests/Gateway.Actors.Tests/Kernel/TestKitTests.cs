// The test kit itself: its clock, its probe's complaints.

using Gateway.TestKit;

namespace Gateway.Actors.Tests.Kernel;

public sealed class TestKitTests
{
    [Fact]
    public void Virtual_timers_fire_in_the_order_they_are_due_each_at_its_instant()
    {
        var time = new VirtualTime();
        var fired = new List<(string, double)>();
        Start("b", 20, 0);
        Start("a", 10, 15);
        Start("b2", 20, 0);
        using var disposed = Start("never", 5, 0);
        disposed.Dispose();
        time.Advance(TimeSpan.FromMilliseconds(40));
        Assert.Equal([("a", 10), ("b", 20), ("b2", 20), ("a", 25), ("a", 40)], fired);
        Assert.Equal(1, time.ArmedTimers);

        ITimer Start(string name, int due, int period) => time.CreateTimer(
            _ => fired.Add((name, time.Elapsed.TotalMilliseconds)), null, TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period));
    }

    [Fact]
    public async Task Delays_of_the_framework_follow_the_virtual_clock()
    {
        var time = new VirtualTime();
        var delay = Task.Delay(TimeSpan.FromHours(1), time);
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(delay.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.Equal(TimeSpan.FromHours(1), time.GetElapsedTime(0));
    }

    [Fact]
    public void A_probe_says_what_it_received_when_an_expectation_fails()
    {
        var probe = new Probe("p");
        probe.Tell("one");
        probe.Tell(2);
        probe.ExpectMsg("one");
        var unmet = Assert.Throws<ExpectationException>(() => probe.ExpectMsg<string>());
        Assert.Contains("expected a String", unmet.Message, StringComparison.Ordinal);
        Assert.Contains("  1. String: one", unmet.Message, StringComparison.Ordinal);
        Assert.Contains("→ 2. Int32: 2", unmet.Message, StringComparison.Ordinal);
        Assert.Throws<ExpectationException>(probe.ExpectNoMsg);
        Assert.Throws<ExpectationException>(() => probe.ExpectMsg(3));
        Assert.Throws<ExpectationException>(() => probe.ExpectMsg<int>(number => number > 2));
        probe.ExpectMsg(2);
        probe.ExpectNoMsg();
        Assert.Throws<ExpectationException>(() => probe.ExpectMsg<int>());
    }
}
