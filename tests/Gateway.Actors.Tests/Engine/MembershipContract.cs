// What every engine owes of sessions: open, claim, fences, deadlines; rules M2–M4.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine;

public abstract class MembershipContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Other = RoomName.Parse("other");
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(EngineLab.GraceMs);
    private static readonly TimeSpan Resume = TimeSpan.FromMilliseconds(EngineLab.ResumeMs);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    protected abstract Task<EngineLab> Begin();

    [SkippableFact]
    public async Task A_sessions_id_is_long_and_of_plain_characters()
    {
        await using var lab = await Begin();
        var ids = new HashSet<string>();
        for (var i = 0; i < 20; i++)
            ids.Add((await lab.Engine.OpenFor("ann")).Id);
        Assert.Equal(20, ids.Count);
        Assert.All(ids, id => Assert.Matches("^[A-Za-z0-9_-]{22,}$", id));
    }

    [SkippableFact]
    public async Task A_claimed_session_brings_its_rooms_and_a_higher_fence()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby, Other);
        await lab.Engine.Detach(key);
        await lab.Pass(TimeSpan.FromSeconds(60));
        var (status, session) = await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2));
        Assert.Equal(EngineStatus.Ok, status);
        Assert.Equal(key.Id, session.Key.Id);
        Assert.True(session.Key.Fence > key.Fence);
        Assert.Equal([Lobby, Other], session.Rooms.OrderBy(room => room.Value));
        await lab.Settled();
        Assert.DoesNotContain(lab.Notices.Heard, notice => notice is SessionTaken);
    }

    [SkippableFact]
    public async Task A_session_is_not_there_for_another_user_or_under_another_id()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.OpenFor("ann");
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(key.Id, new SessionOwner("bob", "Bob", 2))).Status);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim("nothing", new SessionOwner("ann", "Ann", 2))).Status);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Join(key, Lobby, 10)).Status);
    }

    [SkippableFact]
    public async Task Claiming_an_attached_session_names_the_new_fence_and_makes_the_old_owner_stale()
    {
        await using var lab = await Begin();
        var old = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        var (_, claimed) = await lab.Engine.Claim(old.Id, new SessionOwner("ann", "Ann", 2));

        await lab.Settled();
        Assert.Equal([new SessionTaken("ann", old.Id, claimed.Key.Fence)], lab.Notices.Heard);
        Assert.Equal(EngineStatus.Stale, (await lab.Engine.Join(old, Other, 10)).Status);
        Assert.Equal(EngineStatus.Stale, await lab.Engine.Leave(old, Lobby, LeaveReason.Left));
        Assert.Equal(EngineStatus.Stale, await lab.Engine.Detach(old));
        Assert.Equal(EngineStatus.Stale, await lab.Engine.End(old, LeaveReason.Left, silent: false));
        await lab.Pass(Grace + Resume);
        Assert.Empty(probe.Presence);
        Assert.Equal(1, (await lab.Engine.DescribeUser("ann")).Summary.Connections);
    }

    [SkippableFact]
    public async Task A_detached_session_can_be_claimed_within_the_resume_window_and_not_after()
    {
        await using var lab = await Begin();
        var early = await lab.Engine.OpenFor("ann");
        var late = await lab.Engine.OpenFor("ann");
        await lab.Engine.Detach(early);
        await lab.Engine.Detach(late);
        await lab.Pass(Resume - Second);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Claim(early.Id, new SessionOwner("ann", "Ann", 2))).Status);
        await lab.Pass(Second);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(late.Id, new SessionOwner("ann", "Ann", 2))).Status);
        await lab.Pass(Resume);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Claim(early.Id, new SessionOwner("ann", "Ann", 3))).Status);
    }

    [SkippableFact]
    public async Task An_expired_session_is_gone_though_nobody_has_swept_since()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Detach(key);
        await lab.Pass(Resume - Second);
        lab.Time.Advance(Second);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2))).Status);
        Assert.Equal(0, (await lab.Engine.Who(Lobby, 10)).Membership.Count);
    }

    [SkippableFact]
    public async Task An_ended_session_can_not_be_claimed()
    {
        await using var lab = await Begin();
        var loud = await lab.Engine.Enter("ann", Lobby);
        var silent = await lab.Engine.Enter("bob", Lobby);
        Assert.Equal(EngineStatus.Ok, await lab.Engine.End(loud, LeaveReason.Left, silent: false));
        Assert.Equal(EngineStatus.Ok, await lab.Engine.End(silent, LeaveReason.Left, silent: true));
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(loud.Id, new SessionOwner("ann", "Ann", 2))).Status);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(silent.Id, new SessionOwner("bob", "Bob", 2))).Status);
    }

    [SkippableFact]
    public async Task A_session_and_its_rooms_survive_a_restart_from_the_answers_on()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby, Other);
        await lab.Engine.Leave(key, Other, LeaveReason.Left);
        await lab.Kill();
        var (status, session) = await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2));
        Assert.Equal(EngineStatus.Ok, status);
        Assert.Equal([Lobby], session.Rooms);
        Assert.True(session.Key.Fence > key.Fence);
        Assert.Equal(EngineStatus.Stale, await lab.Engine.Detach(key));
    }

    [SkippableFact]
    public async Task A_restart_after_a_long_time_still_leaves_the_grace_period_to_come_back()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        await lab.Pass(Second);
        await lab.Restart();
        lab.Time.Advance(TimeSpan.FromHours(1));
        await lab.Restart();
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Pass(Grace - Second);
        Assert.Empty(probe.Presence);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2))).Status);
        await lab.Pass(Grace);
        Assert.Empty(probe.Presence);
    }

    [SkippableFact]
    public async Task The_next_due_time_is_named()
    {
        await using var lab = await Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        await lab.Pass(TimeSpan.FromMilliseconds(EngineLab.GraceMs));
        await lab.Engine.Detach(key);
        var detachedAt = lab.Time.GetUtcNow();
        Assert.Equal(detachedAt + Grace, await NextDue(lab));
        await lab.Pass(Grace);
        Assert.Equal(detachedAt + Resume, await NextDue(lab));
        await lab.Pass(Resume);
        Assert.Null(await NextDue(lab));
    }

    [SkippableFact]
    public async Task An_expelled_users_sessions_end_and_the_user_is_refused_for_the_time_given()
    {
        await using var lab = await Begin();
        var first = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Enter("ann", Other);
        await lab.Engine.Enter("bob", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        var (status, sessions) = await lab.Engine.Expel("ann", TimeSpan.FromMinutes(1));

        Assert.Equal((EngineStatus.Ok, 2), (status, sessions));
        await lab.Settled();
        Assert.Contains(new UserExpelled("ann"), lab.Notices.Heard);
        Assert.Equal(["-ann 1 Kicked"], probe.Presence);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(first.Id, new SessionOwner("ann", "Ann", 2))).Status);
        var until = (await lab.Engine.RefusedUntil("ann")).Until;
        Assert.Equal(lab.Time.GetUtcNow() + TimeSpan.FromMinutes(1), until);
        Assert.Null((await lab.Engine.RefusedUntil("bob")).Until);
        Assert.Equal(EngineStatus.Stale, (await lab.Engine.Open(new SessionOwner("ann", "Ann", 3))).Status);

        await lab.Kill();
        Assert.Equal(until, (await lab.Engine.RefusedUntil("ann")).Until);
        await lab.Pass(TimeSpan.FromMinutes(1));
        Assert.Null((await lab.Engine.RefusedUntil("ann")).Until);
    }

    [SkippableFact]
    public async Task Expelling_without_a_time_refuses_nobody()
    {
        await using var lab = await Begin();
        await lab.Engine.Enter("ann", Lobby);
        Assert.Equal(1, (await lab.Engine.Expel("ann", TimeSpan.Zero)).Sessions);
        Assert.Null((await lab.Engine.RefusedUntil("ann")).Until);
    }

    [SkippableFact]
    public async Task Admitting_tells_every_node_and_counts_the_connections()
    {
        await using var lab = await Begin();
        await lab.Engine.OpenFor("ann");
        await lab.Engine.Detach(await lab.Engine.OpenFor("ann"));
        Assert.Equal((EngineStatus.Ok, 1), await lab.Engine.Admit("ann", Lobby));
        await lab.Settled();
        Assert.Equal([new MemberAdmitted("ann", Lobby)], lab.Notices.Heard);
    }

    [SkippableFact]
    public async Task Removing_takes_all_of_a_users_sessions_out_of_the_room()
    {
        await using var lab = await Begin();
        var first = await lab.Engine.Enter("ann", Lobby, Other);
        await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        Assert.Equal((EngineStatus.Ok, 2), await lab.Engine.Remove("ann", Lobby));
        await lab.Settled();
        Assert.Equal(["-ann 0 Kicked"], probe.Presence);
        Assert.Equal([new MemberRemoved("ann", Lobby)], lab.Notices.Heard);
        Assert.Equal([Other], (await lab.Engine.Claim(first.Id, new SessionOwner("ann", "Ann", 9))).Session.Rooms);
    }

    [SkippableFact]
    public async Task A_user_is_described_by_sessions_and_rooms()
    {
        await using var lab = await Begin();
        await lab.Engine.Enter("ann", Lobby);
        var second = await lab.Engine.Enter("ann", Lobby, Other);
        await lab.Engine.Detach(second);
        var (_, summary) = await lab.Engine.DescribeUser("ann");
        Assert.Equal((true, 1), (summary.Online, summary.Connections));
        Assert.Equal([Lobby, Other], summary.Rooms);
        Assert.False((await lab.Engine.DescribeUser("bob")).Summary.Online);
    }

    private static async Task<DateTimeOffset?> NextDue(EngineLab lab)
    {
        DateTimeOffset? next = null;
        for (var partition = 0; partition < lab.Engine.Partitions; partition++)
        {
            var due = (await lab.Engine.Beat(partition)).NextDue;
            next = due is null || (next is not null && next < due) ? next : due;
        }

        return next;
    }
}
