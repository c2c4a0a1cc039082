// What every engine owes of rooms as logs: rules L1–L5, E1–E3.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public abstract class EventLogContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Other = RoomName.Parse("other");

    protected abstract Task<EngineLab> Begin();

    [Fact]
    public async Task A_rooms_events_are_numbered_from_one_without_a_hole()
    {
        await using var lab = await Begin();
        for (var seq = 1; seq <= 5; seq++)
        {
            var outcome = await lab.Engine.Say(Lobby);
            Assert.Equal((PublishStatus.Stored, seq, false), (outcome.Status, outcome.Seq, outcome.Duplicate));
        }

        Assert.Equal(1, (await lab.Engine.Say(Other)).Seq);
    }

    [Fact]
    public async Task Everyone_hears_the_same_contiguous_order_while_many_publish()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
                await lab.Engine.Say(Lobby, $"{publisher}-{i}", $"user{publisher}");
        })));

        Assert.Equal(Enumerable.Range(1, 800).Select(seq => (long)seq), probe.Seqs);
        var page = await lab.Engine.Since(Lobby, 0, null, limit: 1000);
        Assert.Equal(probe.Events.Select(stored => stored.Id), page.Events.Select(stored => stored.Id));
    }

    [Fact]
    public async Task One_publishers_events_are_stored_in_the_order_of_its_calls()
    {
        await using var lab = await Begin();
        var outcomes = Enumerable.Range(0, 300).Select(i => lab.Engine.Say(Lobby, $"c-{i}")).ToArray();
        await Task.WhenAll(outcomes);
        Assert.Equal(Enumerable.Range(1, 300).Select(seq => (long)seq), outcomes.Select(outcome => outcome.Result.Seq));
    }
}
