// What every engine owes of epochs: what a position proves after restarts and after a history was forgotten (E1, E4, H1).

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine;

public abstract class EpochContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    protected abstract Task<EngineLab> Begin();

    [SkippableFact]
    public async Task A_restart_opens_an_epoch_that_counts_on()
    {
        await using var lab = await Begin();
        var before = await lab.Engine.SayMany(Lobby, 3);
        await lab.Restart();
        var after = await lab.Engine.Say(Lobby);
        Assert.Equal(4, after.Seq);
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Matches("^[A-Za-z0-9_-]+$", after.Epoch!);
    }

    [SkippableFact]
    public async Task The_first_event_of_a_room_bears_the_epoch_that_its_listeners_were_told()
    {
        await using var lab = await Begin();
        var (_, told) = await lab.Engine.Subscribe(Lobby, new NoticeProbe());
        var first = await lab.Engine.Say(Lobby);
        Assert.Equal((told.Epoch, 1L), (first.Epoch, first.Seq));
        Assert.Equal(Continuity.Proven, (await lab.Engine.Since(Lobby, 1, told.Epoch)).Continuity);
    }

    [SkippableFact]
    public async Task Positions_of_all_former_epochs_stay_good_whether_or_not_the_room_was_used_in_them()
    {
        await using var lab = await Begin();
        var positions = new List<(string Epoch, long Seq)>();
        for (var run = 0; run < 12; run++)
        {
            // Unused, then written to, then only read, …
            if (run % 3 == 1)
                await lab.Engine.SayMany(Lobby, 2);
            var position = (await lab.Engine.Last(Lobby, 1)).Position;
            positions.Add((position.Epoch, position.Top));
            if (run % 2 == 0)
                await lab.Restart();
            else
                await lab.Kill();
        }

        Assert.Equal(12, positions.Select(position => position.Epoch).Distinct().Count());
        foreach (var (epoch, seq) in positions)
        {
            var page = await lab.Engine.Since(Lobby, seq, epoch);
            Assert.Equal(Continuity.Proven, page.Continuity);
            Assert.Equal(8 - seq, page.Events.Count);
        }

        await lab.Engine.Say(Lobby);
        await lab.Kill();
        foreach (var (epoch, seq) in positions)
            Assert.Equal(9 - seq, (await lab.Engine.Since(Lobby, seq, epoch)).Events.Count);
    }

    [SkippableFact]
    public async Task A_position_above_the_cut_of_a_former_epoch_was_rolled_back()
    {
        await using var lab = await Begin();
        var before = await lab.Engine.SayMany(Lobby, 3);
        await lab.Restart();
        await lab.Engine.SayMany(Lobby, 4);
        var page = await lab.Engine.Since(Lobby, 5, before.Epoch);
        Assert.Equal((Continuity.RolledBack, 4L, 5L), (page.Continuity, page.GapFrom, page.GapTo));
        Assert.Equal([4L, 5L, 6L, 7L], page.Seqs());
    }

    [SkippableFact]
    public async Task An_unknown_epoch_or_a_position_above_the_top_is_a_reset_with_what_is_kept()
    {
        await using var lab = await Begin();
        var outcome = await lab.Engine.SayMany(Lobby, 3);
        foreach (var (after, epoch) in new[] { (2L, "unheard"), (4L, outcome.Epoch), (4L, null) })
        {
            var page = await lab.Engine.Since(Lobby, after, epoch);
            Assert.Equal(Continuity.Reset, page.Continuity);
            Assert.Equal([1L, 2L, 3L], page.Seqs());
        }
    }

    [SkippableFact]
    public async Task A_room_without_events_knows_former_epochs_at_zero_only()
    {
        await using var lab = await Begin();
        var epoch = (await lab.Engine.Last(Lobby, 1)).Position.Epoch;
        await lab.Restart();
        Assert.Equal(Continuity.Proven, (await lab.Engine.Since(Lobby, 0, epoch)).Continuity);
        Assert.Equal(Continuity.Reset, (await lab.Engine.Since(Lobby, 1, epoch)).Continuity);
        await lab.Engine.Say(Lobby);
        Assert.Equal([1L], (await lab.Engine.Since(Lobby, 0, epoch)).Seqs());
        Assert.Equal(Continuity.Reset, (await lab.Engine.Since(Lobby, 1, epoch)).Continuity);
    }

    [SkippableFact]
    public async Task A_forgotten_room_begins_anew_and_its_old_positions_are_unknown()
    {
        await using var lab = await Begin();
        var ancient = await lab.Engine.SayMany(Lobby, 2);
        await lab.Restart();
        var old = await lab.Engine.SayMany(Lobby, 2);
        var probe = await lab.Engine.Listen(Lobby);
        Assert.Equal(EngineStatus.Ok, await lab.Engine.Forget(Lobby));
        var anew = await lab.Engine.Say(Lobby);

        Assert.Equal(1, anew.Seq);
        await lab.Settled();
        Assert.Equal(new RoomRolled(new RoomPosition(anew.Epoch!, 0), GapReason.Reset, 0), probe.Heard[0]);
        Assert.Equal([1L], probe.Seqs);
        for (var round = 0; round < 3; round++)
        {
            foreach (var former in new[] { ancient, old })
            {
                foreach (var seq in new[] { 0L, 1L, 4L })
                    Assert.Equal(Continuity.Reset, (await lab.Engine.Since(Lobby, seq, former.Epoch)).Continuity);
            }

            Assert.Equal(Continuity.Proven, (await lab.Engine.Since(Lobby, 1, anew.Epoch)).Continuity);
            await lab.Restart();
        }
    }

    [SkippableFact]
    public async Task Forgetting_comes_in_order_with_what_is_published()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var first = lab.Engine.SayMany(Lobby, 3);
        var forget = lab.Engine.Forget(Lobby).AsTask();
        var second = lab.Engine.SayMany(Lobby, 2);
        await Task.WhenAll(first, forget, second);
        await lab.Settled();
        Assert.Equal([1L, 2L, 3L, 1L, 2L], probe.Seqs);
        Assert.Equal([1L, 2L], (await lab.Engine.Last(Lobby, 10)).Seqs());
        await lab.Kill();
        Assert.Equal([1L, 2L], (await lab.Engine.Last(Lobby, 10)).Seqs());
    }
}
