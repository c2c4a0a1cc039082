// A lane in virtual time: order, retries, deadlines, and that each entry is over exactly once.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis.Publishing;
using Gateway.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Publishing;

public sealed class PublishLaneTests
{
    private const int Window = 4;
    private const int DeadlineMs = 5_000;

    private readonly FakePort _port = new();
    private readonly List<TestEntry> _entries = [];
    private long _now;
    private PublishLane _lane;

    public PublishLaneTests() => _lane = new PublishLane(_port, new LaneBounds(Window, DeadlineMs), () => _now);

    [Fact]
    public void No_more_than_the_window_is_under_way_and_all_go_out_in_order()
    {
        Add(10);
        Assert.Equal([0, 1, 2, 3], Sent());
        _port.Take().Answer();
        Assert.Equal([1, 2, 3, 4], Sent());
        while (_port.Sent.Count > 0)
            _port.Take().Answer();
        Assert.All(_entries, entry => Assert.Equal(EngineStatus.Ok, entry.Outcome));
        Assert.Equal(10, _port.Over);
    }

    [Theory]
    [InlineData(RedisErrorCode.Moved)]
    [InlineData(RedisErrorCode.Ask)]
    [InlineData(RedisErrorCode.TryAgain)]
    [InlineData(RedisErrorCode.ClusterDown)]
    [InlineData(RedisErrorCode.Loading)]
    [InlineData(RedisErrorCode.ReadOnly)]
    [InlineData(RedisErrorCode.NoReplicas)]
    [InlineData(RedisErrorCode.NoScript)]
    public void What_was_not_done_is_sent_again_in_order_once_all_under_way_is_answered(RedisErrorCode code)
    {
        Add(6);
        var first = _port.Take();
        first.Answer(code);
        Assert.Equal([1, 2, 3], Sent());
        _port.Take().Answer();
        _port.Take().Answer(code);
        Pass(1_000);
        Assert.Equal([3], Sent());
        _port.Take().Answer(code);
        Assert.Empty(_port.Sent);
        Pass(250);
        Assert.Equal([0, 2, 3, 4], Sent());
        Assert.Equal(code == RedisErrorCode.Ask, first.Ask is not null);
        Assert.Equal(code == RedisErrorCode.Moved ? 3 : 0, _port.Redirects);
        Assert.Equal([1], _entries.Where(entry => entry.Outcome is not null).Select(entry => entry.Number));
    }

    [Fact]
    public void A_broken_connection_gives_everything_back_in_order_but_what_cannot_be_repeated()
    {
        Add(2);
        Add(1, isRepeatable: false);
        Add(3);
        foreach (var failure in new[] { RedisFailure.Unknown, RedisFailure.Unknown, RedisFailure.Unknown, RedisFailure.NotSent })
            _port.Take().Break(failure);
        Assert.Equal(EngineStatus.Unknown, _entries[2].Outcome);
        Pass(250);
        Assert.Equal([0, 1, 3, 4], Sent());
    }

    [Fact]
    public void What_can_not_be_repeated_is_sent_again_where_it_was_surely_not_done()
    {
        Add(1, isRepeatable: false);
        _port.Take().Break(RedisFailure.NotSent);
        Pass(250);
        _port.Take().Answer();
        Assert.Equal(EngineStatus.Ok, _entries[0].Outcome);
    }

    [Fact]
    public void A_refusal_within_the_call_is_waited_out()
    {
        _port.Refuses = RedisFailure.NotSent;
        Add(5);
        Pass(1_000);
        _port.Refuses = null;
        Pass(250);
        Assert.Equal([0, 1, 2, 3], Sent());
    }

    [Fact]
    public void After_its_deadline_an_entry_is_degraded_or_unknown_where_an_attempt_may_have_done_it()
    {
        Add(2);
        _port.Take().Break(RedisFailure.Unknown);
        _port.Take().Break(RedisFailure.NotSent);
        _port.Refuses = RedisFailure.NotSent;
        Pass(DeadlineMs - 1);
        Assert.All(_entries, entry => Assert.Null(entry.Outcome));
        Add(1);
        Pass(1);
        Assert.Equal([EngineStatus.Unknown, EngineStatus.Degraded, null], _entries.Select(entry => entry.Outcome));
        Pass(DeadlineMs);
        Assert.Equal(EngineStatus.Degraded, _entries[2].Outcome);
        Assert.Equal(3, _port.Over);
    }

    [Fact]
    public void An_answer_that_never_comes_is_unknown_at_the_deadline_and_counts_no_more_when_it_comes()
    {
        Add(1);
        Pass(DeadlineMs);
        Assert.Equal(EngineStatus.Unknown, _entries[0].Outcome);
        _port.Take().Answer();
        Assert.Equal(1, _port.Over);
        Add(1);
        _port.Take().Answer();
        Assert.Equal(EngineStatus.Ok, _entries[1].Outcome);
    }

    [Fact]
    public void Out_of_memory_is_said_at_once()
    {
        Add(2);
        _port.Take().Answer(RedisErrorCode.OutOfMemory);
        Assert.Equal(EngineStatus.Degraded, _entries[0].Outcome);
        _port.Take().Answer();
        Assert.Equal(EngineStatus.Ok, _entries[1].Outcome);
    }

    [Fact]
    public void Whoever_hears_of_an_outcome_may_publish_again()
    {
        var again = new TestEntry(1);
        var first = new TestEntry(0) { OnCompleted = () => _lane.Add(again) };
        _lane.Add(first);
        _port.Take().Answer();
        _port.Take().Answer();
        Assert.Equal(EngineStatus.Ok, again.Outcome);
    }

    [Fact]
    public void A_closed_lane_takes_nothing_and_leaves_nothing_behind()
    {
        Add(6);
        _lane.Close();
        Add(1);
        Assert.Equal([null, null, null, null, EngineStatus.Degraded, EngineStatus.Degraded, EngineStatus.Degraded], _entries.Select(entry => entry.Outcome));
        _port.Take().Answer();
        while (_port.Sent.Count > 0)
            _port.Take().Break(RedisFailure.Unknown);
        Assert.Equal(
            [EngineStatus.Ok, EngineStatus.Unknown, EngineStatus.Unknown, EngineStatus.Unknown], _entries.Take(4).Select(entry => entry.Outcome));
    }

    [Fact]
    public void Replicated_entries_wait_for_the_replica_and_go_again_without_one()
    {
        var port = new FakePort { WaitsForReplica = true };
        _lane = new PublishLane(port, new LaneBounds(Window, DeadlineMs), () => _now);
        Add(2);
        Add(1, isRepeatable: false);
        // The first goes alone, the others gather meanwhile.
        port.Take().Answer();
        Assert.Null(_entries[0].Outcome);
        Wait(port, 1);
        Assert.Equal(EngineStatus.Ok, _entries[0].Outcome);
        Assert.Equal([1, 2], port.Sent.Select(entry => entry.Number));
        port.Take().Answer();
        port.Take().Answer();
        Wait(port, 0);
        Assert.Equal([null, EngineStatus.Unknown], _entries.Skip(1).Select(entry => entry.Outcome));
        Pass(250);
        Assert.Equal(1, port.Take().Number);
        Assert.Equal(3, port.Batches.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_fails_each_is_over_once_and_what_is_stored_keeps_its_order(int seed)
    {
        var random = new Random(seed);
        var stored = new List<int>();
        var attempted = new HashSet<int>();
        for (var step = 0; step < 30_000; step++)
        {
            if (random.Next(3) == 0)
                Add(1, random.Next(4) > 0);
            Pass(random.Next(40));
            _port.Refuses = random.Next(20) == 0 ? RedisFailure.NotSent : null;
            var (breaks, done) = (random.Next(10) == 0, true);
            for (var answers = random.Next(5); _port.Sent.Count > 0 && (breaks || answers > 0); answers--)
            {
                var entry = _port.Take();
                // A connection that breaks does so for all behind; what it had done before stays done.
                done &= !breaks || random.Next(3) > 0;
                if (done && attempted.Add(entry.Number))
                    stored.Add(entry.Number);
                if (!breaks)
                    entry.Answer();
                else
                    entry.Break(done || random.Next(2) == 0 ? RedisFailure.Unknown : RedisFailure.NotSent);
            }
        }

        _port.Refuses = null;
        for (var i = 0; i < 1_000; i++)
        {
            Pass(50);
            while (_port.Sent.Count > 0)
            {
                var entry = _port.Take();
                if (attempted.Add(entry.Number))
                    stored.Add(entry.Number);
                entry.Answer();
            }
        }

        Assert.All(_entries, entry => Assert.NotNull(entry.Outcome));
        Assert.Equal(_entries.Count, _port.Over);
        Assert.All(_entries.Where(entry => entry.Outcome == EngineStatus.Ok), entry => Assert.Contains(entry.Number, attempted));
        Assert.All(_entries.Where(entry => entry.Outcome == EngineStatus.Degraded), entry => Assert.DoesNotContain(entry.Number, attempted));
        var acked = stored.Where(number => _entries[number].Outcome == EngineStatus.Ok).ToList();
        Assert.Equal(acked.Order(), acked);
        Assert.True(acked.Count > 5_000, $"{acked.Count} acked");
    }

    private void Add(int count, bool isRepeatable = true)
    {
        for (var i = 0; i < count; i++)
        {
            var entry = new TestEntry(_entries.Count, isRepeatable);
            _entries.Add(entry);
            _lane.Add(entry);
        }
    }

    private void Pass(int ms)
    {
        for (var end = _now + ms; _now < end;)
        {
            _now = Math.Min(end, _now + 25);
            _lane.Tick();
        }
    }

    private IEnumerable<int> Sent() => _port.Sent.Select(entry => entry.Number);

    private static void Wait(FakePort port, int replicas) => ((IRedisCaller)port.Batches[^1]).Completed(RedisReply.OfInteger(replicas));
}
