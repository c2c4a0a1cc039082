// What a follower tells of pushes that come, are lost, repeated and out of order, and of pages in between.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis.Following;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis.Following;

public sealed class RoomFollowerTests
{
    private readonly FollowedHistory _room = new();
    private readonly ToldRoom _told = new();
    private readonly RoomFollower _follower;

    public RoomFollowerTests() => _follower = new RoomFollower(_told);

    [Fact]
    public void What_is_pushed_while_it_opens_is_told_after_the_position()
    {
        Publish(2);
        var state = _room.State();
        _follower.OnPush(_room.Publish());
        _follower.OnPush(_room.Publish());
        Assert.Empty(_told.Heard);
        Assert.True(_follower.Open(state));
        Assert.Equal([3L, 4L], Assert.IsType<EventsStored>(Assert.Single(_told.Heard)).Events.Select(stored => stored.Seq));
    }

    [Fact]
    public void A_repeated_push_is_told_once()
    {
        Open();
        var push = _room.Publish();
        Assert.True(_follower.OnPush(push));
        Assert.True(_follower.OnPush(push));
        Assert.Single(_told.Known);
    }

    [Fact]
    public void A_hole_is_read_and_what_came_behind_it_is_told_after()
    {
        Open();
        _room.Publish();
        Assert.False(_follower.OnPush(_room.Publish()));
        Assert.False(_follower.OnPush(_room.Publish()));
        Assert.Empty(_told.Heard);
        CatchUp();
        Assert.Equal([1L, 2L, 3L], _told.Known.Keys);
        Assert.True(_follower.OnPush(_room.Publish()));
    }

    [Fact]
    public void A_rooms_first_event_opens_its_epoch_without_a_reading()
    {
        Open();
        _room.Roll(0);
        Assert.True(_follower.OnPush(_room.Publish()));
        Assert.Equal(new RoomRolled(new RoomPosition("e1", 0), GapReason.RolledBack, 0), _told.Heard[0]);
        Assert.Equal([1L], _told.Known.Keys);
    }

    [Fact]
    public void A_restart_that_lost_nothing_is_told_with_the_top_as_its_cut()
    {
        Open();
        Tell(3);
        _room.Roll(0);
        Assert.False(_follower.OnPush(_room.Publish()));
        CatchUp();
        Assert.Equal(new RoomRolled(new RoomPosition("e1", 3), GapReason.RolledBack, 3), _told.Heard[3]);
        Assert.Equal([1L, 2L, 3L, 4L], _told.Known.Keys);
    }

    [Fact]
    public void A_lost_tail_is_rolled_back_even_where_other_events_have_its_numbers()
    {
        Open();
        Tell(5);
        _room.Roll(2);
        Publish(2);
        Assert.False(_follower.OnPush(_room.Publish()));
        CatchUp();
        Assert.Equal(new RoomRolled(new RoomPosition("e1", 3), GapReason.RolledBack, 3), _told.Heard[5]);
        Assert.Equal(["1", "2", "3", "6", "7", "8"], _told.Known.Values);
    }

    [Fact]
    public void A_forgotten_history_begins_anew_at_once_and_its_late_pushes_are_ignored()
    {
        Open();
        Tell(2);
        var late = _room.Publish();
        Assert.True(_follower.OnPush(_room.Forget()));
        Assert.Equal(new RoomRolled(new RoomPosition("e1", 0), GapReason.Reset, 0), _told.Heard[^1]);
        Assert.True(_follower.OnPush(late));
        Tell(1);
        Assert.Equal(["4"], _told.Known.Values);
    }

    [Fact]
    public void A_forgetting_that_was_missed_is_a_reset()
    {
        Open();
        Tell(3);
        _room.Forget();
        Publish(7);
        _room.Trim(4);
        Assert.False(_follower.OnPush(_room.Publish()));
        CatchUp();
        Assert.Equal(new RoomRolled(new RoomPosition("e1", 3), GapReason.Reset, 0), _told.Heard[3]);
        Assert.Equal([4L, 5L, 6L, 7L, 8L], _told.Known.Keys);
    }

    [Fact]
    public void What_was_trimmed_while_it_was_away_is_passed_over_and_said_so()
    {
        Open();
        Tell(2);
        Publish(10);
        _room.Trim(3);
        _follower.FallBehind();
        CatchUp();
        Assert.Equal(new RoomRolled(new RoomPosition("e0", 9), GapReason.Trimmed, 9), _told.Heard[2]);
        Assert.Equal([1L, 2L, 10L, 11L, 12L], _told.Known.Keys);

        Publish(3);
        _room.Trim(0);
        _follower.FallBehind();
        CatchUp();
        Assert.Equal(new RoomRolled(new RoomPosition("e0", 15), GapReason.Trimmed, 15), _told.Heard[^1]);
        Tell(1);
    }

    [Fact]
    public void More_pushes_than_are_kept_make_it_read_once_more()
    {
        Open();
        _follower.FallBehind();
        var page = _room.Page(_follower);
        for (var i = 0; i < RoomFollower.MaxKept + 10; i++)
            Assert.False(_follower.OnPush(_room.Publish()));
        Assert.Equal(CatchUpStep.Again, _follower.Apply(page));
        CatchUp();
        Assert.Equal(RoomFollower.MaxKept + 10, _told.Known.Count);
    }

    [Fact]
    public void Presence_is_told_in_the_order_of_its_versions_and_a_silent_change_only_counts()
    {
        Open();
        var first = _room.Join();
        var silent = _room.Join() with { Notice = null };
        var third = _room.Join();
        Assert.True(_follower.OnPush(first));
        Assert.True(_follower.OnPush(first));
        Assert.True(_follower.OnPush(silent));
        Assert.True(_follower.OnPush(third));
        Assert.Equal([1_001L, 1_003L], _told.Versions);
        _room.Join();
        Assert.False(_follower.OnPush(_room.Join()));
        CatchUp();
        Assert.Equal([1_001L, 1_003L, 1_004L, 1_005L], _told.Versions);
    }

    [Fact]
    public void A_cursor_that_was_missed_is_read_and_an_old_one_is_not_told_again()
    {
        Open();
        var missed = _room.MoveCursor();
        _follower.FallBehind();
        CatchUp();
        Assert.Equal(1, _told.Cursor);
        _follower.OnPush(missed);
        Assert.Single(_told.Heard);
    }

    [Fact]
    public void A_listener_that_is_replaced_hears_no_more_and_its_successor_goes_on_where_it_was()
    {
        Open();
        Tell(2);
        var successor = new ToldRoom { Position = _follower.Told };
        _follower.Replace(successor);
        Tell(1);
        Assert.Equal([1L, 2L], _told.Known.Keys);
        Assert.Equal([3L], successor.Known.Keys);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_is_lost_repeated_or_late_every_told_run_is_contiguous_and_true_in_the_end(int seed)
    {
        var random = new Random(seed);
        Open();
        _told.Position = _follower.Told;
        var onTheWay = new List<RoomPush>();
        CatchUpPage? page = null;
        for (var step = 0; step < 40_000; step++)
        {
            Happen(random, onTheWay);
            if (onTheWay.Count > 0 && random.Next(3) > 0)
            {
                // Mostly in order; sometimes not, sometimes twice, sometimes never.
                var at = random.Next(10) == 0 ? random.Next(onTheWay.Count) : 0;
                var push = onTheWay[at];
                if (random.Next(20) > 0)
                    onTheWay.RemoveAt(at);
                if (random.Next(20) > 0)
                    _follower.OnPush(push);
            }

            // A page takes its time: what is pushed meanwhile is not in it.
            if (page is not null && random.Next(3) == 0)
            {
                _follower.Apply(page);
                page = null;
            }
            else if (page is null && (_follower.IsBehind || random.Next(50) == 0))
            {
                _follower.FallBehind();
                page = _room.Page(_follower, limit: random.Next(1, 6));
            }
        }

        if (page is not null)
            _follower.Apply(page);
        _follower.FallBehind();
        CatchUp();
        Assert.Equal(new RoomPosition(_room.Epoch, _room.Top), _follower.Told);
        foreach (var stored in _room.Events.Where(stored => _told.Known.ContainsKey(stored.Seq)))
            Assert.Equal(stored.Id, _told.Known[stored.Seq]);
        Assert.Equal(_told.Versions.Order().Distinct(), _told.Versions);
        Assert.Equal(Enumerable.Range(1_001, (int)_room.Version - 1_000).Select(version => (long)version), _told.Versions);
        Assert.True(_told.Known.Count > 0 && _told.Heard.Count > 1_000);
    }

    private void Happen(Random random, List<RoomPush> onTheWay)
    {
        switch (random.Next(200))
        {
            case < 100: onTheWay.Add(_room.Publish()); break;
            case < 110: onTheWay.Add(_room.Join()); break;
            case < 115: onTheWay.Add(_room.MoveCursor()); break;
            case 115:
                // A new process: what was on the way from the old one may still come.
                _room.Roll(random.Next(3) == 0 ? random.Next(6) : 0);
                break;
            case 116: onTheWay.Add(_room.Forget()); break;
            case 117: _room.Trim(random.Next(10)); break;
        }
    }

    private void Open() => Assert.True(_follower.Open(_room.State()));

    private void Publish(int count)
    {
        for (var i = 0; i < count; i++)
            _room.Publish();
    }

    private void Tell(int count)
    {
        for (var i = 0; i < count; i++)
            Assert.True(_follower.OnPush(_room.Publish()));
    }

    private void CatchUp()
    {
        for (var pages = 0; ; pages++)
        {
            Assert.True(pages < 1_000, "never caught up");
            if (_follower.Apply(_room.Page(_follower)) == CatchUpStep.Done)
                return;
        }
    }
}
