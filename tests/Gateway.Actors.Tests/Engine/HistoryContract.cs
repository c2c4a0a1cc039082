// What every engine owes of histories: rules H1–H5, trimming.

using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public abstract class HistoryContract
{
    private const int MostKept = EngineLab.HistorySize + NamespacePolicy.HistorySlack;

    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Small = RoomName.Parse("small:x");

    protected abstract Task<EngineLab> Begin();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_hold_what_was_asked_for_in_order(bool afterRestart)
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Lobby, 400);
        if (afterRestart)
            await lab.Restart();
        foreach (var (page, from, count, more) in new[]
        {
            (await lab.Engine.Last(Lobby, 5), 396, 5, true),
            (await lab.Engine.Last(Lobby, 5, before: 396), 391, 5, true),
            (await lab.Engine.Last(Lobby, 5, before: 3), 1, 2, false),
            (await lab.Engine.Last(Lobby, 2, before: 3), 1, 2, false),
            (await lab.Engine.Last(Lobby, 5, before: 1), 0, 0, false),
            (await lab.Engine.Last(Lobby, 300), 101, 300, true),
            (await lab.Engine.Last(Lobby, 500, before: 9999), 1, 400, false),
            (await lab.Engine.Since(Lobby, 395, null, limit: 5), 396, 5, false),
            (await lab.Engine.Since(Lobby, 395, null, limit: 4), 396, 4, true),
            (await lab.Engine.Since(Lobby, 10, null, limit: 5), 11, 5, true),
            (await lab.Engine.Since(Lobby, 0, null, limit: 500), 1, 400, false),
            (await lab.Engine.Since(Lobby, 400, null), 0, 0, false),
        })
        {
            Assert.Equal(EngineStatus.Ok, page.Status);
            Assert.Equal(Continuity.Proven, page.Continuity);
            Assert.Equal(400, page.Position.Top);
            Assert.Equal(Enumerable.Range(from, count).Select(seq => (long)seq), page.Seqs());
            Assert.Equal(more, page.More);
        }
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_is_bounded_in_bytes_but_holds_at_least_one_event(bool afterRestart)
    {
        await using var lab = await Begin();
        for (var i = 0; i < 10; i++)
            await lab.Engine.Say(Lobby, fields: $"\"x\":\"{new string('x', 10_000)}\"");
        if (afterRestart)
            await lab.Restart();
        Assert.Equal([1L, 2L, 3L], (await lab.Engine.Since(Lobby, 0, null, maxBytes: 35_000)).Seqs());
        Assert.Equal([8L, 9L, 10L], (await lab.Engine.Last(Lobby, 10, maxBytes: 35_000)).Seqs());
        Assert.Equal([5L], (await lab.Engine.Since(Lobby, 4, null, maxBytes: 1)).Seqs());
        Assert.Equal([4L], (await lab.Engine.Last(Lobby, 10, before: 5, maxBytes: 1)).Seqs());
        Assert.True((await lab.Engine.Last(Lobby, 10, before: 5, maxBytes: 1)).More);
    }

    [SkippableFact]
    public async Task An_unused_room_is_empty_and_whole()
    {
        await using var lab = await Begin();
        var page = await lab.Engine.Since(Lobby, 0, null);
        Assert.Equal((EngineStatus.Ok, Continuity.Proven, 0, false), (page.Status, page.Continuity, page.Events.Count, page.More));
        Assert.Equal(0, page.Position.Top);
        Assert.Equal(Continuity.Reset, (await lab.Engine.Since(Lobby, 1, null)).Continuity);
        Assert.Equal(Continuity.Reset, (await lab.Engine.Since(Lobby, 5, page.Position.Epoch)).Continuity);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_history_keeps_its_newest_events_and_says_what_is_missing(bool afterRestart)
    {
        await using var lab = await Begin();
        for (var i = 0; i < 20; i++)
        {
            await lab.Engine.SayMany(Small, 50);
            var kept = (await lab.Engine.Last(Small, 1000)).Events.Count;
            Assert.InRange(kept, Math.Min(EngineLab.HistorySize, (i + 1) * 50), MostKept);
        }

        if (afterRestart)
            await lab.Kill();
        var first = (await lab.Engine.Describe(Small)).Summary.First;
        var epoch = (await lab.Engine.Last(Small, 1)).Position.Epoch;
        var trimmed = await lab.Engine.Since(Small, 10, epoch, limit: 1000);
        Assert.Equal((Continuity.Trimmed, 11L, first - 1), (trimmed.Continuity, trimmed.GapFrom, trimmed.GapTo));
        Assert.Equal(Enumerable.Range((int)first, 1000 - (int)first + 1).Select(seq => (long)seq), trimmed.Seqs());
        Assert.Equal(Continuity.Proven, (await lab.Engine.Since(Small, first - 1, epoch)).Continuity);
        Assert.Equal(Continuity.Trimmed, (await lab.Engine.Since(Small, 0, epoch)).Continuity);

        // Without an epoch, 0 asks for what is kept and claims nothing.
        Assert.Equal(Continuity.Proven, (await lab.Engine.Since(Small, 0, null)).Continuity);
        Assert.Equal((0, false), ((await lab.Engine.Last(Small, 5, before: first)).Events.Count, (await lab.Engine.Last(Small, 5, before: first)).More));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_older_than_the_ttl_is_not_shown_and_leaves_a_gap(bool afterRestart)
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Small, 3);
        lab.Time.Advance(TimeSpan.FromMinutes(40));
        await lab.Engine.SayMany(Small, 3);
        if (afterRestart)
            await lab.Kill();
        lab.Time.Advance(TimeSpan.FromMinutes(21));
        var epoch = (await lab.Engine.Last(Small, 1)).Position.Epoch;
        Assert.Equal([4L, 5L, 6L], (await lab.Engine.Last(Small, 10)).Seqs());
        Assert.False((await lab.Engine.Last(Small, 3)).More);
        var page = await lab.Engine.Since(Small, 1, epoch);
        Assert.Equal((Continuity.Trimmed, 2L, 3L), (page.Continuity, page.GapFrom, page.GapTo));
        Assert.Equal([4L, 5L, 6L], page.Seqs());

        lab.Time.Advance(TimeSpan.FromHours(1));
        await lab.Engine.Probe();
        await lab.Restart();
        Assert.Equal(7, (await lab.Engine.Say(Small)).Seq);
        Assert.Equal([7L], (await lab.Engine.Last(Small, 10)).Seqs());
        Assert.Equal((Continuity.Trimmed, 6L), ((await lab.Engine.Since(Small, 2, null)).Continuity, (await lab.Engine.Since(Small, 2, null)).GapTo));
    }

    [SkippableFact]
    public async Task A_history_that_is_wholly_gone_still_counts_on_and_says_so()
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Small, 5);
        lab.Time.Advance(TimeSpan.FromHours(2));
        await lab.Engine.Probe();
        await lab.Engine.Probe();
        await lab.Kill();
        var page = await lab.Engine.Since(Small, 2, null);
        Assert.Equal((Continuity.Trimmed, 3L, 5L, 0), (page.Continuity, page.GapFrom, page.GapTo, page.Events.Count));
        Assert.Equal(6, (await lab.Engine.Say(Small)).Seq);
    }

    [SkippableFact]
    public async Task Reads_stay_whole_while_the_room_is_written_and_trimmed()
    {
        await using var lab = await Begin();
        await lab.Engine.Say(Small);
        var talking = Task.Run(() => lab.Engine.SayMany(Small, 3000));
        var known = 0L;
        while (!talking.IsCompleted)
        {
            var page = await lab.Engine.Since(Small, 0, null, limit: 1000);
            Assert.Equal(EngineStatus.Ok, page.Status);
            Assert.True(page.Position.Top >= known);
            known = page.Position.Top;
            var seqs = page.Seqs();
            Assert.InRange(seqs.Count, 1, MostKept + 1);
            Assert.Equal(Enumerable.Range(0, seqs.Count).Select(i => seqs[0] + i), seqs);
            Assert.Equal(known, seqs[^1]);
        }

        await talking;
    }
}
