// The wheel against a naive model: a sorted list.

using Gateway.Actors.Kernel;

namespace Gateway.Actors.Tests.Kernel;

public sealed class TimingWheelTests
{
    public static TheoryData<int, int> Seeds
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (var seed = 1; seed <= 20; seed++)
                data.Add(seed, 1 << (seed % 6));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_wheel_does_what_a_sorted_list_does(int seed, int slots)
    {
        var random = new Random(seed);
        var wheel = new TimingWheel(slots);
        var model = new List<(long Due, int Order, Entry Entry)>();
        var made = new List<Entry>();
        var now = 0L;
        for (var step = 0; step < 3000; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    var entry = new Entry();
                    var due = now + random.Next(-2, slots * 3);
                    wheel.Add(entry, due);
                    model.Add((Math.Max(due, now + 1), made.Count, entry));
                    made.Add(entry);
                    break;
                case < 7 when made.Count > 0:
                    var victim = made[random.Next(made.Count)];
                    Assert.Equal(model.RemoveAll(item => item.Entry == victim) == 1, wheel.Remove(victim));
                    break;
                default:
                    now += random.Next(slots * (random.Next(5) == 0 ? 5 : 1));
                    var fired = new List<WheelEntry>();
                    wheel.Advance(now, fired);
                    var expected = model.Where(item => item.Due <= now).OrderBy(item => item.Due).ThenBy(item => item.Order);
                    Assert.Equal(expected.Select(item => (WheelEntry)item.Entry), fired);
                    model.RemoveAll(item => item.Due <= now);
                    break;
            }

            Assert.Equal(model.Count, wheel.Count);
            if (model.Count == 0)
                Assert.Null(wheel.NextTick());
            else
                Assert.InRange(wheel.NextTick()!.Value, now + 1, model.Min(item => item.Due));
        }
    }

    private sealed class Entry : WheelEntry
    {
        public override void Fire()
        {
        }
    }
}
