// A partition's notices: each once and in order, whether it was pushed or read by a beat.

using Gateway.Actors.Engine.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Beating;

public sealed class NoticeFeedTests
{
    private readonly List<string> _acted = [];
    private readonly NoticeFeed _feed;

    public NoticeFeedTests() => _feed = new NoticeFeed(_acted.Add);

    [Fact]
    public void What_was_said_before_the_first_beat_is_not_this_nodes()
    {
        _feed.Heard(7, "seven");
        Assert.True(_feed.Read(7, [], isWhole: true));
        _feed.Heard(7, "seven");
        _feed.Heard(8, "eight");
        Assert.Equal(["eight"], _acted);
        Assert.Equal(8, _feed.Last);
    }

    [Fact]
    public void A_push_after_a_hole_waits_for_the_beat()
    {
        _feed.Read(1, [], isWhole: true);
        _feed.Heard(3, "three");
        Assert.Empty(_acted);
        Assert.True(_feed.Read(3, [(2, "two"), (3, "three")], isWhole: true));
        _feed.Heard(3, "three");
        Assert.Equal(["two", "three"], _acted);
    }

    [Fact]
    public void What_was_pushed_while_the_beat_was_under_way_is_not_acted_upon_twice()
    {
        _feed.Read(1, [], isWhole: true);
        _feed.Heard(2, "two");
        _feed.Heard(3, "three");
        Assert.True(_feed.Read(2, [(2, "two")], isWhole: true));
        Assert.Equal(["two", "three"], _acted);
    }

    [Fact]
    public void A_hole_that_can_not_be_read_any_more_is_said()
    {
        _feed.Read(1, [], isWhole: true);
        Assert.False(_feed.Read(9, [(8, "eight"), (9, "nine")], isWhole: true));
        Assert.False(_feed.Read(12, [], isWhole: true));
        Assert.Equal(12, _feed.Last);
        Assert.Equal(["eight", "nine"], _acted);
    }

    [Fact]
    public void After_a_loss_the_numbers_begin_where_they_are()
    {
        _feed.Read(9, [], isWhole: true);
        Assert.False(_feed.Read(4, [], isWhole: true, isRolled: true));
        _feed.Heard(5, "five");
        Assert.Equal(["five"], _acted);
    }

    [Fact]
    public void A_full_answer_is_read_on_with_the_next_beat()
    {
        _feed.Read(0, [], isWhole: true);
        Assert.True(_feed.Read(3, [(1, "one"), (2, "two")], isWhole: false));
        Assert.Equal(2, _feed.Last);
        Assert.True(_feed.Read(3, [(3, "three")], isWhole: true));
        Assert.Equal(["one", "two", "three"], _acted);
    }
}
