// Nodes that die, are cut off, or come back: who is present goes on where it can, and ends once where it can't.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Actors.Tests.Engine.Redis.Membership;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis.Beating;

[Collection(MemberRedisCollection.Name)]
public sealed class NodeDeathTests(MemberRedis redis)
{
    private static readonly RoomName Lobby = MemberLab.Lobby;
    private static readonly RoomName Other = MemberLab.Other;

    [SkippableFact]
    public async Task The_sessions_of_a_killed_node_end_the_grace_period_after_its_last_beat()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann", Lobby, Other);
        await lab.Pass(3);
        await lab.Kill(lab.B);
        await lab.Pass(11);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal("ann:0", await lab.Present(Lobby));
        await lab.Pass(1);
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Lobby));
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Other));
        await lab.Pass(110);
        Assert.Empty(await lab.Leftovers());
    }

    [SkippableFact]
    public async Task A_killed_nodes_session_is_resumed_elsewhere_without_a_trace()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var early = await lab.B.Open("ann", Lobby);
        var late = await lab.B.Open("bob", Lobby);
        await lab.Kill(lab.B);
        await lab.A.Claim(early, "ann");
        await lab.Pass(8);
        await lab.A.Claim(late, "bob");
        await lab.Pass(30);
        Assert.Equal(["+ann 1", "+bob 2"], await lab.Told(Lobby));
        Assert.Equal("ann:1 bob:1", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task Who_was_silent_together_is_not_taken_for_dead_by_the_first_that_is_back()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann", Lobby);
        await lab.Pass(1);
        lab.CutOff(lab.A);
        lab.CutOff(lab.B);
        await lab.Pass(4);
        lab.Rejoin(lab.A);
        await lab.Pass(3);
        Assert.Equal("ann:1", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task A_dead_nodes_lease_goes_when_nothing_of_it_is_left()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann", Lobby);
        await lab.Kill(lab.B);
        await lab.Pass(7);
        foreach (var partition in lab.A.Link.Partitions)
            Assert.Equal(1, (await lab.Ask(partition.Lease, "ZCARD")).Integer);
    }

    [SkippableFact]
    public async Task A_node_that_is_back_within_the_grace_period_brings_its_sessions_without_a_trace()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var key = await lab.B.Open("ann", Lobby, Other);
        lab.CutOff(lab.B);
        await lab.Pass(8);
        Assert.Equal("ann:0", await lab.Present(Lobby));
        lab.Rejoin(lab.B);
        await lab.Pass(1);
        Assert.Equal("ann:1", await lab.Present(Lobby));
        await lab.Pass(130);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal(["+ann 1"], await lab.Told(Other));
        Assert.Equal(EngineStatus.Ok, (await lab.B.Members.Join(key, Other, 10)).Status);
    }

    [SkippableFact]
    public async Task A_node_that_is_back_later_brings_its_sessions_which_come_anew_with_their_keys()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var key = await lab.B.Open("ann", Lobby);
        lab.CutOff(lab.B);
        await lab.Pass(140);
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Lobby));
        lab.Rejoin(lab.B);
        await lab.Pass(2);
        Assert.Equal(["+ann 1", "-ann 0 T", "+ann 1"], await lab.Told(Lobby));
        Assert.Equal(1, (await lab.A.Members.DescribeUser("ann")).Summary.Connections);
        Assert.Equal(EngineStatus.Ok, (await lab.B.Members.Join(key, Other, 10)).Status);
        Assert.Equal(EngineStatus.Ok, await lab.B.Members.Detach(key));
    }

    [SkippableFact]
    public async Task A_fenced_node_accepts_nothing_until_it_has_joined_again_and_says_lost_and_back()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann", Lobby);
        Assert.True(lab.B.Members.Accepts(Partitions.Of("lobby")));
        lab.CutOff(lab.B);
        await lab.Pass(8);
        lab.B.Calls.IsCutOff = false;
        await lab.B.Members.Beat(Partitions.Of("ann"));
        Assert.False(lab.B.Members.Accepts(Partitions.Of("lobby")));
        Assert.IsType<EngineLost>(Assert.Single(lab.B.Heard));
        lab.Rejoin(lab.B);
        await lab.Beat();
        Assert.True(lab.B.Members.Accepts(Partitions.Of("lobby")));
        Assert.Equal([typeof(EngineLost), typeof(EngineBack)], lab.B.Heard.Select(notice => notice.GetType()));
    }

    [SkippableFact]
    public async Task A_session_claimed_while_its_node_was_cut_off_stays_where_it_is_and_the_node_is_told()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.B.Open("ann", Lobby, Other);
        lab.CutOff(lab.B);
        await lab.Pass(3);
        var key = await lab.A.Claim(old, "ann");
        await lab.A.Members.Leave(key, Other, LeaveReason.Left);
        await lab.Pass(6);
        lab.Rejoin(lab.B);
        await lab.Pass(1);
        Assert.Contains(new SessionTaken("ann", old.Id, key.Fence), lab.B.Heard);
        Assert.Equal(0, lab.B.Members.SessionCount);
        await lab.Pass(20);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal(["+ann 1", "-ann 0 L"], await lab.Told(Other));
        Assert.Equal("", await lab.Present(Other));
    }

    [SkippableFact]
    public async Task A_detached_session_claimed_while_its_node_was_cut_off_is_taken_though_no_notice_says_so()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.B.Open("ann", Lobby);
        lab.CutOff(lab.B);
        await lab.Pass(8);
        var key = await lab.A.Claim(old, "ann");
        lab.Rejoin(lab.B);
        await lab.Pass(1);
        Assert.Contains(new SessionTaken("ann", old.Id, key.Fence), lab.B.Heard);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal("ann:1", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task A_user_expelled_while_the_node_was_cut_off_does_not_come_back_with_it()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann", Lobby);
        lab.CutOff(lab.B);
        await lab.Pass(8);
        await lab.A.Members.Expel("ann", TimeSpan.Zero);
        lab.Rejoin(lab.B);
        await lab.Pass(2);
        Assert.Contains(new UserExpelled("ann"), lab.B.Heard);
        Assert.Equal(["+ann 1", "-ann 0 K"], await lab.Told(Lobby));
        Assert.Empty(await lab.Leftovers());
    }

    [SkippableFact]
    public async Task A_member_removed_while_the_node_was_cut_off_does_not_come_back_with_it()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann", Lobby, Other);
        lab.CutOff(lab.B);
        await lab.Pass(8);
        await lab.A.Members.Remove("ann", Lobby);
        lab.Rejoin(lab.B);
        await lab.Pass(2);
        Assert.Equal(["+ann 1", "-ann 0 K"], await lab.Told(Lobby));
        Assert.Equal("ann:1", await lab.Present(Other));
    }

    [SkippableFact]
    public async Task A_join_under_way_while_the_lease_is_swept_is_in_the_room_once_its_node_is_back()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var key = await lab.B.Open("ann");
        var gate = lab.B.Calls.Hold("gw1_presence_join");
        var join = lab.B.Members.Join(key, Lobby, 10).AsTask();
        await gate.Reached;
        lab.CutOff(lab.B);
        await lab.Pass(8);
        lab.B.Calls.IsCutOff = false;
        gate.Open();
        Assert.Equal(EngineStatus.Degraded, (await join).Status);
        lab.Rejoin(lab.B);
        await lab.Pass(2);
        // The client was told no, so the session is in no room.
        Assert.Equal("", await lab.Present(Lobby));
        Assert.Equal(EngineStatus.Ok, (await lab.B.Members.Join(key, Lobby, 10)).Status);
        await lab.Pass(70);
        Assert.Equal("ann:1", await lab.Present(Lobby));
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task A_session_opened_under_a_name_that_was_lost_meanwhile_is_refused()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        lab.CutOff(lab.B);
        await lab.Pass(8);
        lab.B.Calls.IsCutOff = false;
        Assert.Equal(EngineStatus.Degraded, (await lab.B.Members.Open(new SessionOwner("ann", "Ann", 1))).Status);
        lab.Rejoin(lab.B);
        await lab.Pass(1);
        await lab.B.Open("ann", Lobby);
        await lab.Pass(20);
        Assert.Equal("ann:1", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task A_grace_period_that_is_over_but_not_swept_counts_as_over_when_its_session_comes_back()
    {
        await using var lab = await MemberLab.Begin(redis, 1);
        var key = await lab.A.Open("ann", Lobby);
        await lab.A.Members.Detach(key);
        await lab.Pass(10);
        lab.Time.Advance(TimeSpan.FromSeconds(2.5));
        await lab.A.Claim(key, "ann");
        Assert.Equal(["+ann 1", "-ann 0 T", "+ann 1"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task Where_nobody_could_beat_for_a_lease_everyone_has_the_grace_period_anew()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.A.Open("ann", Lobby);
        var gone = await lab.B.Open("bob", Lobby);
        await lab.B.Members.Detach(gone);
        lab.Time.Advance(TimeSpan.FromHours(1));
        // Back before the first beat: the hour counts for nobody.
        await lab.Beat();
        await lab.Pass(11);
        Assert.Equal("ann:1 bob:0", await lab.Present(Lobby));
        await lab.B.Claim(gone, "bob");
        await lab.Pass(20);
        Assert.Equal(["+ann 1", "+bob 2"], await lab.Told(Lobby));
        Assert.Empty(lab.A.Heard);
    }

    [SkippableFact]
    public async Task A_clock_that_steps_back_ends_nothing_early_and_holds_nothing_back()
    {
        await using var lab = await MemberLab.Begin(redis, 1);
        var key = await lab.A.Open("ann", Lobby);
        await lab.Pass(1);
        await lab.A.Members.Detach(key);
        lab.Skew = TimeSpan.FromHours(-3);
        await lab.Pass(11);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        await lab.Pass(3);
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task After_all_data_is_lost_the_nodes_bring_their_sessions_and_nobody_is_told_of_it()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var first = await lab.A.Open("ann", Lobby, Other);
        await lab.B.Open("bob", Lobby);
        var versionBefore = (await lab.A.Members.Who(Lobby, 10)).Membership.Version;
        await lab.Pass(2);
        await lab.Flush();
        await lab.Pass(3);
        Assert.Equal("ann:1 bob:1", await lab.Present(Lobby));
        Assert.All(await lab.Told(Lobby), change => Assert.StartsWith("=", change, StringComparison.Ordinal));
        Assert.True((await lab.A.Members.Who(Lobby, 10)).Membership.Version > versionBefore);
        Assert.Equal(EngineStatus.Ok, await lab.A.Members.Leave(first, Other, LeaveReason.Left));
        Assert.Equal(EngineStatus.Ok, await lab.A.Members.Detach(first));
        await lab.Pass(13);
        Assert.Equal("-ann 1 T", (await lab.Told(Lobby))[^1]);
        Assert.Equal([typeof(EngineLost), typeof(EngineBack)], lab.A.Heard.Select(notice => notice.GetType()));
        Assert.Contains(Partitions.Of("lobby"), lab.A.Followers.Resynced);
    }

    [SkippableTheory]
    [InlineData("gw1_session_open")]
    [InlineData("gw1_session_claim")]
    public async Task A_session_whose_answer_was_lost_is_given_up_by_the_audit(string lost)
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.A.Open("ann", Lobby);
        lab.B.Calls.LoseAnswers(lost);
        if (lost == "gw1_session_open")
            Assert.Equal(EngineStatus.Unknown, (await lab.B.Members.Open(new SessionOwner("ann", "ann", 1))).Status);
        else
            Assert.Equal(EngineStatus.Unknown, (await lab.B.Members.Claim(old.Id, new SessionOwner("ann", "ann", 1))).Status);
        Assert.Equal(0, lab.B.Members.SessionCount);
        await lab.Pass(1);
        var connections = (await lab.A.Members.DescribeUser("ann")).Summary.Connections;
        Assert.Equal(lost == "gw1_session_open" ? 1 : 0, connections);
        await lab.Pass(130);
        Assert.Equal(lost == "gw1_session_open" ? "ann:1" : "", await lab.Present(Lobby));
    }

    [SkippableTheory]
    [InlineData("gw1_session_rooms")]
    [InlineData("gw1_presence_join")]
    public async Task A_join_whose_answer_was_lost_is_taken_back_unless_it_is_asked_again(string lost)
    {
        await using var lab = await MemberLab.Begin(redis, 1);
        var key = await lab.A.Open("ann");
        lab.A.Calls.LoseAnswers(lost);
        Assert.Equal(EngineStatus.Unknown, (await lab.A.Members.Join(key, Lobby, 10)).Status);
        lab.A.Calls.LoseAnswers(lost);
        Assert.Equal(EngineStatus.Unknown, (await lab.A.Members.Join(key, Other, 10)).Status);
        Assert.Equal(EngineStatus.Ok, (await lab.A.Members.Join(key, Other, 10)).Status);
        await lab.Pass(2);
        Assert.Equal("", await lab.Present(Lobby));
        Assert.Equal("ann:1", await lab.Present(Other));
        var (_, claimed) = await lab.A.Members.Claim(key.Id, new SessionOwner("ann", "ann", 2));
        Assert.Equal([Other], claimed.Rooms);
    }

    [SkippableTheory]
    [InlineData("gw1_session_detach")]
    [InlineData("gw1_presence_leave")]
    public async Task A_detach_whose_answer_was_lost_still_ends_after_the_grace_period(string lost)
    {
        await using var lab = await MemberLab.Begin(redis, 1);
        var key = await lab.A.Open("ann", Lobby);
        lab.A.Calls.LoseAnswers(lost);
        await lab.A.Members.Detach(key);
        await lab.Pass(14);
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Lobby));
        await lab.Pass(120);
        Assert.Empty(await lab.Leftovers());
    }

    [SkippableFact]
    public async Task A_node_that_stops_gives_its_sessions_their_grace_period_and_leaves_nothing_behind()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        lab.B.Members.Report(new NodeLoad(1, 1, 0.5, 10, true));
        await MemberLab.Until("it is known", async () => (await lab.A.Members.Nodes()).Nodes.Count == 2);
        await lab.B.Open("ann", Lobby);
        await lab.Pass(1);
        await lab.B.Members.DisposeAsync();
        await lab.Kill(lab.B);
        Assert.Equal("ann:0", await lab.Present(Lobby));
        Assert.Equal("n0", Assert.Single((await lab.A.Members.Nodes()).Nodes).NodeId);
        foreach (var partition in lab.A.Link.Partitions)
            Assert.Equal(1, (await lab.Ask(partition.Lease, "ZCARD")).Integer);
        await lab.Pass(11);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        await lab.Pass(1);
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task Nodes_are_known_with_what_they_said_last_until_they_are_silent()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var load = new NodeLoad(3, 2, 1.25, 1_000_000_000_000, true);
        lab.A.Members.Report(new NodeLoad(1, 1, 1, 1, false));
        lab.A.Members.Report(load);
        await MemberLab.Until("the last word is there", async () => (await lab.B.Members.Nodes()).Nodes is [var a, _] && a.Load == load && a.NodeId == "n0");
        await lab.Pass(11);
        Assert.Equal("n1", Assert.Single((await lab.B.Members.Nodes()).Nodes).NodeId);
        Assert.Equal(EngineStatus.Ok, await lab.A.Members.Probe());
    }
}
