// When the engine is lost and back, and when a partition accepts publications.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Beating;

public sealed class EngineHealthTests
{
    private readonly EngineTime _time = new();
    private readonly List<EngineNotice> _told = [];
    private readonly EngineHealth _health;

    public EngineHealthTests() => _health = new EngineHealth(_time, isVirtual: false, _told.Add);

    [Fact]
    public void A_partition_accepts_for_a_lease_after_the_beat_was_sent()
    {
        Assert.False(_health.Accepts(0));
        var sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        _health.Beaten(0, sentAt, isWhole: true);
        _time.Advance(TimeSpan.FromSeconds(3.9));
        Assert.True(_health.Accepts(0));
        Assert.False(_health.Accepts(1));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False(_health.Accepts(0));
    }

    [Fact]
    public void Lost_is_said_once_with_the_last_success_and_back_when_all_is_there_again()
    {
        BeatAll();
        var last = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(1));
        _health.Failed(3);
        _health.Failed(4);
        Assert.Equal([new EngineLost(last)], _told);
        Assert.True(_health.IsLost(3));
        Assert.True(_health.Accepts(3));
        Beat(3);
        Assert.Single(_told);
        _health.Beaten(4, _time.GetTimestamp(), isWhole: false);
        Assert.Single(_told);
        Beat(4);
        Assert.Equal([new EngineLost(last), new EngineBack()], _told);
    }

    [Fact]
    public void A_primary_that_goes_is_lost_at_once_with_its_partitions_alone()
    {
        BeatAll();
        var since = _time.GetUtcNow() - TimeSpan.FromMilliseconds(300);
        _health.Down([1, 2], since);
        Assert.Equal([new EngineLost(since)], _told);
        Beat(0);
        Beat(1);
        Assert.Single(_told);
        Beat(2);
        Assert.Equal(2, _told.Count);
    }

    [Fact]
    public void A_primary_without_partitions_is_no_loss()
    {
        BeatAll();
        _health.Down([], _time.GetUtcNow());
        Assert.Empty(_told);
    }

    [Fact]
    public void A_fenced_node_accepts_nothing_until_its_sessions_are_there_again()
    {
        BeatAll();
        _health.Fenced();
        Assert.False(_health.Accepts(5));
        _health.Beaten(5, _time.GetTimestamp(), isWhole: false);
        Assert.False(_health.Accepts(5));
        Beat(5);
        Assert.True(_health.Accepts(5));
        Assert.False(_health.Accepts(6));
        Assert.IsType<EngineLost>(Assert.Single(_told));
    }

    [Fact]
    public void In_virtual_time_the_last_beat_decides()
    {
        var health = new EngineHealth(_time, isVirtual: true, _told.Add);
        health.Beaten(0, _time.GetTimestamp(), isWhole: true);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(health.Accepts(0));
        health.Failed(0);
        Assert.False(health.Accepts(0));
    }

    private void BeatAll()
    {
        for (var partition = 0; partition < Partitions.Count; partition++)
            Beat(partition);
    }

    private void Beat(int partition) => _health.Beaten(partition, _time.GetTimestamp(), isWhole: true);
}
