// What every engine owes of retries: rules L4, E3.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public abstract class IdempotencyContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    protected abstract Task<EngineLab> Begin();

    [SkippableFact]
    public async Task An_id_seen_before_is_answered_with_the_first_position_whatever_the_body()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var first = await lab.Engine.Say(Lobby, "c-1");
        await lab.Engine.Say(Lobby, "c-2");
        lab.Time.Advance(TimeSpan.FromSeconds(9));
        var again = await lab.Engine.Say(Lobby, "c-1", fields: "\"content\":\"other\"");
        Assert.Equal(first with { Duplicate = true }, again);
        await lab.Settled();
        Assert.Equal([1L, 2L], probe.Seqs);
    }

    [SkippableFact]
    public async Task Retries_that_come_together_are_stored_once()
    {
        await using var lab = await Begin();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => lab.Engine.Say(Lobby, $"c-{i % 3}")));
        Assert.Equal(27, outcomes.Count(outcome => outcome.Duplicate));
        Assert.All(outcomes, outcome => Assert.InRange(outcome.Seq, 1, 3));
        Assert.Equal(3, (await lab.Engine.Last(Lobby, 100)).Position.Top);
    }

    [SkippableFact]
    public async Task Users_backends_and_rooms_have_id_spaces_of_their_own()
    {
        await using var lab = await Begin();
        var backend = TestPublication.To(Lobby, "c-1", Publication.BackendScope);
        lab.Engine.Publish(backend);
        Assert.False((await backend.Outcome).Duplicate);
        Assert.False((await lab.Engine.Say(Lobby, "c-1", "ann")).Duplicate);
        Assert.False((await lab.Engine.Say(Lobby, "c-1", "bob")).Duplicate);
        Assert.False((await lab.Engine.Say(Lobby, "b:c-1", "ann")).Duplicate);
        Assert.False((await lab.Engine.Say(RoomName.Parse("other"), "c-1", "ann")).Duplicate);
        Assert.True((await lab.Engine.Say(Lobby, "c-1", "bob")).Duplicate);
    }

    [SkippableFact]
    public async Task Ids_that_the_server_made_are_not_remembered()
    {
        await using var lab = await Begin();
        Assert.False((await lab.Engine.Say(Lobby)).Duplicate);
        Assert.False((await lab.Engine.Say(Lobby)).Duplicate);
    }

    [SkippableFact]
    public async Task An_id_is_remembered_for_the_window_and_no_longer()
    {
        await using var lab = await Begin();
        await lab.Engine.Say(Lobby, "c-1");
        lab.Time.Advance(Window - TimeSpan.FromSeconds(1));
        Assert.True((await lab.Engine.Say(Lobby, "c-1")).Duplicate);
        lab.Time.Advance(TimeSpan.FromSeconds(2));
        var anew = await lab.Engine.Say(Lobby, "c-1");
        Assert.Equal((2L, false), (anew.Seq, anew.Duplicate));
        Assert.Equal(2, (await lab.Engine.Say(Lobby, "c-1")).Seq);
    }

    [SkippableFact]
    public async Task An_id_is_remembered_among_the_rooms_last_so_many()
    {
        await using var lab = await Begin();
        for (var i = 0; i < EngineLab.IdsPerRoom + 1; i++)
            await lab.Engine.Say(Lobby, $"c-{i}");
        Assert.Equal(2, (await lab.Engine.Say(Lobby, "c-1")).Seq);
        Assert.False((await lab.Engine.Say(Lobby, "c-0")).Duplicate);
    }

    [SkippableFact]
    public async Task Ids_survive_restarts_and_kills_within_their_window()
    {
        await using var lab = await Begin();
        var first = await lab.Engine.Say(Lobby, "c-1");
        await lab.Kill();
        var again = await lab.Engine.Say(Lobby, "c-1");
        Assert.Equal((first.Seq, first.TimestampMs, true), (again.Seq, again.TimestampMs, again.Duplicate));
        await lab.Restart();
        Assert.True((await lab.Engine.Say(Lobby, "c-1")).Duplicate);
        lab.Time.Advance(Window + TimeSpan.FromSeconds(1));
        Assert.False((await lab.Engine.Say(Lobby, "c-1")).Duplicate);
    }

    [SkippableFact]
    public async Task Ids_outlive_the_events_that_were_trimmed()
    {
        await using var lab = await Begin();
        var small = RoomName.Parse("small:x");
        await lab.Engine.Say(small, "c-1");
        await lab.Engine.SayMany(small, 300);
        Assert.Equal(1, (await lab.Engine.Say(small, "c-1")).Seq);
    }

    [SkippableFact]
    public async Task Forgetting_a_room_forgets_its_ids()
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Lobby, 3);
        await lab.Engine.Say(Lobby, "c-1");
        await lab.Engine.Forget(Lobby);
        var anew = await lab.Engine.Say(Lobby, "c-1");
        Assert.Equal((1L, false), (anew.Seq, anew.Duplicate));
        await lab.Kill();
        Assert.True((await lab.Engine.Say(Lobby, "c-1")).Duplicate);
    }
}
