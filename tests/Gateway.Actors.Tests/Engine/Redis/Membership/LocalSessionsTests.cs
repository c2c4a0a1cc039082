// What a node holds of its sessions: fences decide, and whatever concerns another owner's session changes nothing.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

public sealed class LocalSessionsTests
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Other = RoomName.Parse("other");
    private static readonly SessionOwner Ann = new("ann", "Ann", 1);

    private readonly LocalSessions _sessions = new();

    [Fact]
    public void A_session_taken_over_on_this_node_is_held_with_the_new_fence_alone()
    {
        var old = new SessionKey("s", 1);
        var key = new SessionKey("s", 2);
        Assert.False(_sessions.Hold(old, Ann, [Lobby]));
        Assert.True(_sessions.Hold(key, Ann, [Lobby]));
        Assert.Null(_sessions.Find(old));
        Assert.Null(_sessions.Drop(old));
        Assert.False(_sessions.AddRoom(old, Other));
        Assert.True(_sessions.IsIn(key, Lobby));
        Assert.False(_sessions.Hold(old, Ann, []));
        Assert.Equal(2, _sessions.Find("s")!.Fence);
    }

    [Fact]
    public void A_higher_fence_elsewhere_takes_it_and_its_user_stays_known()
    {
        var key = new SessionKey("s", 2);
        _sessions.Hold(key, Ann, []);
        Assert.Null(_sessions.Take("s", 2));
        Assert.NotNull(_sessions.Take("s", 3));
        Assert.Null(_sessions.Take("s", 4));
        Assert.Equal("ann", _sessions.UserOf("s"));
        Assert.Null(_sessions.UserOf("unknown"));
        Assert.Equal(0, _sessions.Count);
    }

    [Fact]
    public void Former_sessions_are_remembered_up_to_a_bound()
    {
        for (var i = 0; i < 20_000; i++)
        {
            var key = new SessionKey($"s{i}", 1);
            _sessions.Hold(key, Ann, []);
            _sessions.Drop(key);
        }

        Assert.Null(_sessions.UserOf("s0"));
        Assert.Equal("ann", _sessions.UserOf("s19999"));
    }

    [Fact]
    public void The_entries_of_a_partition_are_its_users_sessions_and_its_rooms()
    {
        var key = new SessionKey("s", 1);
        _sessions.Hold(key, Ann, [Lobby, Other]);
        var all = Enumerable.Range(0, Partitions.Count).SelectMany(partition => _sessions.EntriesIn(partition).Keys.Select(entry => (partition, entry)));
        Assert.Equal(
            new[]
            {
                (Partitions.Of("ann"), "\0ann\0s"),
                (Partitions.Of("lobby"), "lobby\0ann\0s"),
                (Partitions.Of("other"), "other\0ann\0s"),
            }.Order(),
            all.Order());
    }

    [Fact]
    public void A_doubtful_room_counts_as_left_until_it_is_settled()
    {
        var key = new SessionKey("s", 1);
        _sessions.Hold(key, Ann, [Lobby]);
        _sessions.Doubt(key, Lobby);
        Assert.False(_sessions.IsIn(key, Lobby));
        Assert.Equal(Lobby, Assert.Single(_sessions.DoubtsIn(Partitions.Of("ann"))).Room);
        Assert.Equal([Lobby], _sessions.RoomsOf(_sessions.Find("s")!));
        _sessions.Trust(key, Lobby);
        Assert.Empty(_sessions.DoubtsIn(Partitions.Of("ann")));
    }

    [Fact]
    public void A_notice_about_a_session_on_its_way_is_remembered_until_it_arrived()
    {
        _sessions.Touch("s");
        _sessions.Expect("s");
        _sessions.Touch("other");
        Assert.False(_sessions.Arrived("s"));
        _sessions.Expect("s");
        _sessions.Touch("s");
        Assert.True(_sessions.Arrived("s"));
        Assert.False(_sessions.Arrived("s"));
    }

    [Theory]
    [InlineData("lobby\0ann\0s", true, "lobby")]
    [InlineData("\0ann\0s", true, null)]
    [InlineData("ann\0s", false, null)]
    [InlineData("bad room\0ann\0s", false, null)]
    [InlineData("", false, null)]
    public void An_entry_names_room_user_and_session(string entry, bool valid, string? room)
    {
        Assert.Equal(valid, MemberKeys.TryParse(entry, out var name, out var user, out var session));
        if (!valid)
            return;
        Assert.Equal(room, name?.Value);
        Assert.Equal(("ann", "s"), (user, session));
    }
}
