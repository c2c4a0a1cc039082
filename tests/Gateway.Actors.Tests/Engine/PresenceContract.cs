// What every engine owes of presence: rules M1, M2, M5, E6.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine;

public abstract class PresenceContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(EngineLab.GraceMs);
    private static readonly TimeSpan Resume = TimeSpan.FromMilliseconds(EngineLab.ResumeMs);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected abstract Task<EngineLab> Begin();

    [SkippableFact]
    public async Task A_member_is_announced_once_when_two_tabs_join()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var first = await lab.Engine.Enter("ann", Lobby);
        var second = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Leave(first, Lobby, LeaveReason.Left);
        await lab.Settled();
        Assert.Equal(["+ann 1"], probe.Presence);
        await lab.Engine.Leave(second, Lobby, LeaveReason.Left);
        await lab.Settled();
        Assert.Equal(["+ann 1", "-ann 0 Left"], probe.Presence);
    }

    [SkippableFact]
    public async Task Joining_again_says_so_and_announces_nothing()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.OpenFor("ann");
        var probe = await lab.Engine.Listen(Lobby);
        Assert.False((await lab.Engine.Join(key, Lobby, 10)).Membership.AlreadyThere);
        Assert.True((await lab.Engine.Join(key, Lobby, 10)).Membership.AlreadyThere);
        await lab.Settled();
        Assert.Equal(["+ann 1"], probe.Presence);
    }

    [SkippableFact]
    public async Task Versions_rise_by_one_and_the_answer_to_join_counts_its_own_change()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var key = await lab.Engine.OpenFor("ann");
        var (_, membership) = await lab.Engine.Join(key, Lobby, 10);
        await lab.Engine.Enter("bob", Lobby);
        await lab.Engine.Leave(key, Lobby, LeaveReason.Left);
        await lab.Engine.Join(key, Lobby, 10);
        await lab.Settled();
        var versions = probe.Heard.OfType<PresenceChanged>().Select(change => change.Version).ToArray();
        Assert.Equal(membership.Version, versions[0]);
        Assert.Equal(Enumerable.Range(0, 4).Select(i => versions[0] + i), versions);
        Assert.Equal(versions[^1], (await lab.Engine.Who(Lobby, 10)).Membership.Version);
    }

    [SkippableFact]
    public async Task A_version_goes_on_though_the_room_was_empty_meanwhile()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var key = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Leave(key, Lobby, LeaveReason.Left);
        await lab.Engine.Join(key, Lobby, 10);
        await lab.Settled();
        var versions = probe.Heard.OfType<PresenceChanged>().Select(change => change.Version).ToArray();
        Assert.Equal([versions[0], versions[0] + 1, versions[0] + 2], versions);
    }

    [SkippableFact]
    public async Task Who_names_the_present_by_the_time_they_came_with_their_devices()
    {
        await using var lab = await Begin();
        await lab.Engine.Enter("zoe", Lobby);
        lab.Time.Advance(Second);
        await lab.Engine.Enter("ann", Lobby);
        lab.Time.Advance(Second);
        await lab.Engine.Enter("zoe", Lobby);
        var bob = await lab.Engine.Enter("bob", Lobby);
        await lab.Engine.Detach(bob);

        var (_, who) = await lab.Engine.Who(Lobby, 3);
        Assert.Equal(3, who.Count);
        Assert.Equal([("zoe", 2), ("ann", 1), ("bob", 0)], who.Users!.Select(user => (user.UserId, user.Devices)));
        Assert.Equal(lab.Time.GetUtcNow() - (2 * Second), who.Users![0].Since);
        Assert.Null((await lab.Engine.Who(Lobby, 2)).Membership.Users);
        Assert.Equal(3, (await lab.Engine.Who(Lobby, 2)).Membership.Count);
    }

    [SkippableFact]
    public async Task The_name_shown_is_that_of_the_latest_session()
    {
        await using var lab = await Begin();
        var old = await lab.Engine.OpenFor("ann", name: "Ann");
        await lab.Engine.Join(old, Lobby, 10);
        await lab.Engine.Join(await lab.Engine.OpenFor("ann", name: "Annie"), Lobby, 10);
        await lab.Engine.Detach(old);
        Assert.Equal("Annie", (await lab.Engine.Who(Lobby, 10)).Membership.Users![0].Name);
        await lab.Engine.Claim(old.Id, new SessionOwner("ann", "Anna", 7));
        Assert.Equal("Anna", (await lab.Engine.Who(Lobby, 10)).Membership.Users![0].Name);
    }

    [SkippableFact]
    public async Task A_closed_socket_is_told_once_and_only_after_the_grace_period()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Detach(key);
        await lab.Pass(Grace - Second);
        Assert.Empty(probe.Presence);
        Assert.Equal(1, (await lab.Engine.Who(Lobby, 10)).Membership.Count);
        await lab.Pass(Second);
        Assert.Equal(["-ann 0 Timeout"], probe.Presence);
        await lab.Pass(Resume);
        Assert.Equal(["-ann 0 Timeout"], probe.Presence);
    }

    [SkippableFact]
    public async Task Who_is_back_within_the_grace_period_was_never_away()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        for (var i = 0; i < 3; i++)
        {
            await lab.Engine.Detach(key);
            await lab.Pass(Grace - Second);
            key = (await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2))).Session.Key;
        }

        await lab.Pass(Resume);
        Assert.Empty(probe.Presence);
    }

    [SkippableFact]
    public async Task Who_is_back_later_joins_anew()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Detach(key);
        await lab.Pass(Grace - Second);
        lab.Time.Advance(Second);
        await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2));
        await lab.Settled();
        Assert.Equal(["-ann 0 Timeout", "+ann 1"], probe.Presence);
    }

    [SkippableFact]
    public async Task A_user_stays_as_long_as_another_session_does()
    {
        await using var lab = await Begin();
        var first = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Detach(first);
        await lab.Pass(Resume);
        Assert.Empty(probe.Presence);
    }

    [SkippableFact]
    public async Task Ending_tells_at_once_and_ending_silently_after_the_grace_period()
    {
        await using var lab = await Begin();
        var loud = await lab.Engine.Enter("ann", Lobby);
        var silent = await lab.Engine.Enter("bob", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.End(loud, LeaveReason.Left, silent: false);
        await lab.Engine.End(silent, LeaveReason.Left, silent: true);
        await lab.Pass(Grace - Second);
        Assert.Equal(["-ann 1 Left"], probe.Presence);
        await lab.Pass(Second);
        Assert.Equal(["-ann 1 Left", "-bob 0 Timeout"], probe.Presence);
    }

    [SkippableFact]
    public async Task A_session_that_gives_way_to_another_leaves_no_trace()
    {
        await using var lab = await Begin();
        var old = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Detach(old);
        var fresh = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Claim(old.Id, new SessionOwner("ann", "Ann", 2));
        await lab.Engine.End(fresh, LeaveReason.Left, silent: true);
        await lab.Pass(Resume);
        Assert.Empty(probe.Presence);
    }

    [SkippableFact]
    public async Task Presence_survives_a_restart_and_ends_once_after_it()
    {
        await using var lab = await Begin();
        await lab.Engine.Enter("ann", Lobby);
        var bob = await lab.Engine.Enter("bob", Lobby);
        await lab.Pass(Second);
        await lab.Kill();
        var probe = await lab.Engine.Listen(Lobby);
        Assert.Equal(2, (await lab.Engine.Who(Lobby, 10)).Membership.Count);
        await lab.Engine.Claim(bob.Id, new SessionOwner("bob", "Bob", 2));
        await lab.Pass(Grace - Second);
        Assert.Empty(probe.Presence);
        await lab.Pass(Second + Second);
        Assert.Equal(["-ann 1 Timeout"], probe.Presence);
        await lab.Restart();
        var later = await lab.Engine.Listen(Lobby);
        Assert.Equal(1, (await lab.Engine.Who(Lobby, 10)).Membership.Count);
        await lab.Engine.Claim(bob.Id, new SessionOwner("bob", "Bob", 3));
        await lab.Pass(Resume);
        Assert.Empty(later.Presence);
    }

    [SkippableFact]
    public async Task Presence_is_counted_where_nobody_listens()
    {
        await using var lab = await Begin();
        await lab.Engine.Enter("ann", Lobby);
        var (status, summary) = await lab.Engine.Describe(Lobby);
        Assert.Equal((EngineStatus.Ok, 1, 1), (status, summary.Users, summary.Connections));
    }
}
