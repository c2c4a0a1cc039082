// Races between nodes over one session: whoever is late changes nothing, and nobody is told what did not happen.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

[Collection(MemberRedisCollection.Name)]
public sealed class SessionRaceTests(MemberRedis redis)
{
    private static readonly RoomName Lobby = MemberLab.Lobby;
    private static readonly RoomName Other = MemberLab.Other;

    [SkippableFact]
    public async Task A_session_claimed_on_another_node_leaves_no_trace_and_its_former_node_is_told()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.A.Open("ann", Lobby, Other);
        var key = await lab.B.Claim(old, "ann");
        await MemberLab.Until("the former node hears of it", () => lab.A.Heard.Contains(new SessionTaken("ann", old.Id, key.Fence)));
        Assert.DoesNotContain(lab.B.Heard, notice => notice is SessionTaken);
        await lab.Pass(20);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal(["+ann 1"], await lab.Told(Other));
        Assert.Equal("ann:1", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task Of_two_claims_at_once_the_later_one_has_the_session_and_the_other_hears_it()
    {
        await using var lab = await MemberLab.Begin(redis, 3);
        var old = await lab.A.Open("ann", Lobby);
        var gate = lab.B.Calls.Hold("gw1_presence_join");
        var first = lab.B.Members.Claim(old.Id, new SessionOwner("ann", "ann", 2)).AsTask();
        await gate.Reached;
        var key = await lab.C.Claim(old, "ann");
        await MemberLab.Until("the first claimer's node has heard of the second", () => lab.B.Heard.Any(notice => notice is SessionTaken));
        gate.Open();
        Assert.Equal(EngineStatus.Ok, (await first).Status);
        Assert.Equal(EngineStatus.Ok, (await lab.C.Members.Join(key, Other, 10)).Status);
        await lab.Pass(20);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal("ann:1", await lab.Present(Lobby));
        Assert.Equal(0, lab.A.Members.SessionCount + lab.B.Members.SessionCount);
    }

    [SkippableFact]
    public async Task A_claim_that_was_overtaken_before_its_answer_came_is_none()
    {
        await using var lab = await MemberLab.Begin(redis, 3);
        var old = await lab.A.Open("ann", Lobby);
        await lab.A.Members.Detach(old);
        // What the notice says comes to B while B still waits for its own answer.
        var gate = lab.B.Calls.Hold("gw1_session_claim");
        var claims = lab.B.Members.Claim(old.Id, new SessionOwner("ann", "ann", 2)).AsTask();
        await gate.Reached;
        await lab.C.Claim(old, "ann");
        gate.Open();
        var (status, claimed) = await claims;
        Assert.Equal(EngineStatus.Ok, status);
        await MemberLab.Until("C hears that B has it", () => lab.C.Heard.Any(notice => notice is SessionTaken));
        Assert.Equal(3, lab.C.Heard.OfType<SessionTaken>().Single().Fence);
        Assert.Equal(3, claimed.Key.Fence);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task A_detach_of_the_old_owner_after_the_claim_of_the_new_one_changes_nothing()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.A.Open("ann", Lobby);
        var gate = lab.A.Calls.Hold("gw1_session_detach");
        var detach = lab.A.Members.Detach(old).AsTask();
        await gate.Reached;
        await lab.B.Claim(old, "ann");
        gate.Open();
        Assert.Equal(EngineStatus.Stale, await detach);
        await lab.Pass(20);
        Assert.Equal("ann:1", await lab.Present(Lobby));
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task A_detach_whose_rooms_come_after_the_claim_changes_nothing()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.A.Open("ann", Lobby);
        var gate = lab.A.Calls.Hold("gw1_presence_leave");
        var detach = lab.A.Members.Detach(old).AsTask();
        await gate.Reached;
        await lab.B.Claim(old, "ann");
        gate.Open();
        Assert.Equal(EngineStatus.Ok, await detach);
        Assert.Equal("ann:1", await lab.Present(Lobby));
        await lab.Pass(20);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
    }

    [SkippableFact]
    public async Task A_join_under_way_while_another_node_claims_is_stale_and_leaves_the_user_where_the_claimer_has_it()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.A.Open("ann", Lobby);
        var gate = lab.A.Calls.Hold("gw1_presence_join");
        var join = lab.A.Members.Join(old, Other, 10).AsTask();
        await gate.Reached;
        var key = await lab.B.Claim(old, "ann");
        gate.Open();
        Assert.Equal(EngineStatus.Stale, (await join).Status);
        // The record had the room already, so the claimer brought it.
        Assert.Equal(["+ann 1"], await lab.Told(Other));
        Assert.Equal("ann:1", await lab.Present(Other));
        Assert.Equal(EngineStatus.Ok, await lab.B.Members.Leave(key, Other, LeaveReason.Left));
        Assert.Equal(["+ann 1", "-ann 0 L"], await lab.Told(Other));
    }

    [SkippableFact]
    public async Task A_detach_waits_for_the_join_before_it()
    {
        await using var lab = await MemberLab.Begin(redis, 1);
        var key = await lab.A.Open("ann");
        var gate = lab.A.Calls.Hold("gw1_presence_join");
        var join = lab.A.Members.Join(key, Lobby, 10).AsTask();
        await gate.Reached;
        var detach = lab.A.Members.Detach(key).AsTask();
        gate.Open();
        await join;
        Assert.Equal(EngineStatus.Ok, await detach);
        Assert.Equal("ann:0", await lab.Present(Lobby));
        await lab.Pass(13);
        Assert.Equal(["+ann 1", "-ann 0 T"], await lab.Told(Lobby));
    }

    [SkippableTheory]
    [InlineData("gw1_session_claim")]
    [InlineData("gw1_presence_join")]
    public async Task Expelling_while_a_claim_is_under_way_leaves_nothing_of_the_session(string heldAt)
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var old = await lab.A.Open("ann", Lobby);
        await lab.A.Members.Detach(old);
        var gate = lab.B.Calls.Hold(heldAt);
        var claim = lab.B.Members.Claim(old.Id, new SessionOwner("ann", "ann", 2)).AsTask();
        await gate.Reached;
        Assert.Equal((EngineStatus.Ok, 1), await lab.A.Members.Expel("ann", TimeSpan.FromMinutes(1)));
        await MemberLab.Until("the other node hears it", () => lab.B.Heard.Contains(new UserExpelled("ann")));
        gate.Open();
        Assert.Equal(EngineStatus.NotFound, (await claim).Status);
        await lab.Pass(1);
        await MemberLab.Until("nobody is in the room", async () => await lab.Present(Lobby) == "");
        Assert.Empty(await lab.Leftovers());
        Assert.Equal(0, lab.B.Members.SessionCount);
    }

    [SkippableFact]
    public async Task Expelling_while_a_join_is_under_way_leaves_nothing_of_the_session()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var key = await lab.B.Open("ann");
        var gate = lab.B.Calls.Hold("gw1_presence_join");
        var join = lab.B.Members.Join(key, Lobby, 10).AsTask();
        await gate.Reached;
        await lab.A.Members.Expel("ann", TimeSpan.Zero);
        await MemberLab.Until("the other node hears it", () => lab.B.Heard.Contains(new UserExpelled("ann")));
        gate.Open();
        Assert.Equal(EngineStatus.Stale, (await join).Status);
        Assert.Equal("", await lab.Present(Lobby));
        Assert.Empty(await lab.Leftovers());
    }

    [SkippableFact]
    public async Task Removing_from_a_room_while_the_join_is_under_way_removes()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        var key = await lab.B.Open("ann");
        var gate = lab.B.Calls.Hold("gw1_presence_join");
        var join = lab.B.Members.Join(key, Lobby, 10).AsTask();
        await gate.Reached;
        Assert.Equal((EngineStatus.Ok, 1), await lab.A.Members.Remove("ann", Lobby));
        await MemberLab.Until("the other node hears it", () => lab.B.Heard.Contains(new MemberRemoved("ann", Lobby)));
        gate.Open();
        await join;
        await MemberLab.Until("nobody is in the room", async () => await lab.Present(Lobby) == "");
        await lab.Pass(2);
        Assert.Equal("", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task Admitted_sessions_are_in_the_room_on_every_node_and_stay_there()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.A.Open("ann");
        await lab.B.Open("ann");
        Assert.Equal((EngineStatus.Ok, 2), await lab.A.Members.Admit("ann", Lobby));
        Assert.Equal("ann:2", await lab.Present(Lobby));
        await MemberLab.Until("the other node hears it", () => lab.B.Heard.Contains(new MemberAdmitted("ann", Lobby)));
        await lab.Pass(70);
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Equal("ann:2", await lab.Present(Lobby));
    }

    [SkippableFact]
    public async Task A_session_admitted_by_a_node_whose_word_is_not_heard_stays_in_the_room_through_an_audit()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann");
        lab.B.Calls.IsDeaf = true;
        await lab.A.Members.Admit("ann", Lobby);
        await lab.Pass(70);
        Assert.Equal("ann:1", await lab.Present(Lobby));
        Assert.Equal(["+ann 1"], await lab.Told(Lobby));
        Assert.Single(lab.B.Heard, new MemberAdmitted("ann", Lobby));
    }

    [SkippableFact]
    public async Task Notices_that_were_not_pushed_are_heard_with_the_next_beat_once_and_in_order()
    {
        await using var lab = await MemberLab.Begin(redis, 2);
        await lab.B.Open("ann");
        lab.B.Calls.IsDeaf = true;
        await lab.A.Members.Admit("ann", Lobby);
        await lab.A.Members.Remove("ann", Lobby);
        Assert.Empty(lab.B.Heard);
        await lab.Pass(1);
        lab.B.Calls.IsDeaf = false;
        await lab.A.Members.Expel("ann", TimeSpan.Zero);
        await MemberLab.Until("the last is heard", () => lab.B.Heard.Contains(new UserExpelled("ann")));
        await lab.Pass(2);
        EngineNotice[] all = [new MemberAdmitted("ann", Lobby), new MemberRemoved("ann", Lobby), new UserExpelled("ann")];
        Assert.Equal(all, lab.B.Heard);
        Assert.Equal(all, lab.A.Heard);
    }
}
