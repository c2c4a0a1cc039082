// What every engine owes of rooms as logs: rules L1–L5, E1–E3.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public abstract class EventLogContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Other = RoomName.Parse("other");

    protected abstract Task<EngineLab> Begin();

    [SkippableFact]
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

    [SkippableFact]
    public async Task Everyone_hears_the_same_contiguous_order_while_many_publish()
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
                await lab.Engine.Say(Lobby, $"{publisher}-{i}", $"user{publisher}");
        })));

        await lab.Settled();
        Assert.Equal(Enumerable.Range(1, 800).Select(seq => (long)seq), probe.Seqs);
        var page = await lab.Engine.Since(Lobby, 0, null, limit: 1000);
        Assert.Equal(probe.Events.Select(stored => stored.Id), page.Events.Select(stored => stored.Id));
    }

    [SkippableFact]
    public async Task One_publishers_events_are_stored_in_the_order_of_its_calls()
    {
        await using var lab = await Begin();
        var outcomes = Enumerable.Range(0, 300).Select(i => lab.Engine.Say(Lobby, $"c-{i}")).ToArray();
        await Task.WhenAll(outcomes);
        Assert.Equal(Enumerable.Range(1, 300).Select(seq => (long)seq), outcomes.Select(outcome => outcome.Result.Seq));
    }

    [SkippableFact]
    public async Task A_new_listener_hears_everything_behind_the_position_it_was_answered_and_nothing_else()
    {
        await using var lab = await Begin();
        var talking = Task.Run(() => lab.Engine.SayMany(Lobby, 500));
        var listeners = new List<(NoticeProbe Probe, long Top)>();
        for (var i = 0; i < 10; i++)
        {
            var probe = new NoticeProbe();
            listeners.Add((probe, (await lab.Engine.Subscribe(Lobby, probe)).Position.Top));
        }

        await talking;
        var end = listeners[^1];
        await lab.Settled();
        Assert.Equal(Enumerable.Range(1, 500).Select(seq => (long)seq).Skip((int)end.Top), end.Probe.Seqs);
        for (var i = 0; i < 9; i++)
            Assert.Equal(Enumerable.Range(1, 500).Select(seq => (long)seq).Skip((int)listeners[i].Top).Take((int)(listeners[i + 1].Top - listeners[i].Top)), listeners[i].Probe.Seqs);
    }

    [SkippableFact]
    public async Task A_listener_that_was_replaced_can_not_end_its_successors_subscription()
    {
        await using var lab = await Begin();
        var old = await lab.Engine.Listen(Lobby);
        var fresh = await lab.Engine.Listen(Lobby);
        lab.Engine.Unsubscribe(Lobby, old);
        await lab.Engine.Say(Lobby);
        await lab.Settled();
        Assert.Equal([1L], fresh.Seqs);
        lab.Engine.Unsubscribe(Lobby, fresh);
        await lab.Engine.Say(Lobby);
        await lab.Settled();
        Assert.Equal([1L], fresh.Seqs);
        Assert.Empty(old.Seqs);
    }

    [SkippableFact]
    public async Task An_ack_comes_only_once_the_event_can_be_read()
    {
        await using var lab = await Begin();
        for (var i = 0; i < 20; i++)
        {
            var outcome = await lab.Engine.Say(Lobby, $"c-{i}", fields: $"\"n\":{i}");
            var page = await lab.Engine.Last(Lobby, 1);
            Assert.Equal(outcome.Seq, page.Events[0].Seq);
            Assert.Equal(new RoomPosition(outcome.Epoch!, outcome.Seq), page.Position);
        }
    }

    [SkippableFact]
    public async Task An_acked_event_survives_the_process_exactly_as_it_was()
    {
        await using var lab = await Begin();
        var fields = "\"content\":\"é\\u0000\\n\",\"n\":1.10";
        var outcome = await lab.Engine.Say(Lobby, "c-1", "zoë", fields);
        await lab.Kill();
        var stored = Assert.Single((await lab.Engine.Last(Lobby, 10)).Events);
        Assert.Equal(("c-1", "zoë", "zoë", "message", 1L), (stored.Id, stored.SenderId, stored.SenderName, stored.Type, stored.Seq));
        Assert.Equal(outcome.TimestampMs, stored.TimestampMs);
        Assert.Equal(fields, System.Text.Encoding.UTF8.GetString(stored.Fields.Span));
    }

    [SkippableFact]
    public async Task A_completed_publication_is_completed_once_also_when_the_engine_stops()
    {
        var lab = await Begin();
        var publications = Enumerable.Range(0, 200).Select(i => TestPublication.To(Lobby, $"c-{i}")).ToArray();
        foreach (var publication in publications)
            lab.Engine.Publish(publication);
        var engine = lab.Engine;
        await lab.DisposeAsync();
        var late = TestPublication.To(Lobby, "late");
        engine.Publish(late);
        Assert.Equal(PublishStatus.Degraded, (await late.Outcome).Status);
        Assert.All(publications, publication => Assert.Equal(PublishStatus.Stored, publication.Outcome.Result.Status));
        Assert.All(publications, publication => Assert.Equal(1, publication.Completions));
    }

    [SkippableFact]
    public async Task An_ephemeral_event_is_heard_and_not_stored()
    {
        await using var lab = await Begin();
        var live = RoomName.Parse("live:stage");
        var (lobby, stage) = (await lab.Engine.Listen(Lobby), await lab.Engine.Listen(live));
        foreach (var publication in new[] { TestPublication.To(Lobby, "e-1", ephemeral: true), TestPublication.To(live, "e-2") })
        {
            lab.Engine.Publish(publication);
            var outcome = await publication.Outcome;
            Assert.Equal((PublishStatus.Relayed, 0L, lab.Time.GetUtcNow().ToUnixTimeMilliseconds()), (outcome.Status, outcome.Seq, outcome.TimestampMs));
        }

        await lab.Settled();
        Assert.Equal("e-1", Assert.IsType<EventRelayed>(Assert.Single(lobby.Heard)).Event.Id);
        Assert.Equal("e-2", Assert.IsType<EventRelayed>(Assert.Single(stage.Heard)).Event.Id);
        Assert.Empty((await lab.Engine.Last(Lobby, 10)).Events);
        Assert.Equal((EngineStatus.Ok, 0), ((await lab.Engine.Last(live, 10)).Status, (await lab.Engine.Last(live, 10)).Events.Count));
    }

    [SkippableFact]
    public async Task A_signal_reaches_the_rooms_listener_alone()
    {
        await using var lab = await Begin();
        var (lobby, other) = (await lab.Engine.Listen(Lobby), await lab.Engine.Listen(Other));
        var signal = new TypingSignal("ann", "Ann", true, false, default);
        lab.Engine.Signal(Lobby, signal);
        await lab.Engine.Say(Lobby);
        await lab.Settled();
        Assert.Contains(signal, lobby.Heard);
        Assert.Empty(other.Heard);
    }

    [SkippableFact]
    public async Task A_namespace_that_is_not_served_is_unsupported()
    {
        await using var lab = await Begin();
        Assert.Equal(PublishStatus.Unsupported, (await lab.Engine.Say(RoomName.Parse("nowhere:x"))).Status);
    }

    [SkippableFact]
    public async Task Rooms_are_listed_by_name_where_they_have_events_or_members()
    {
        await using var lab = await Begin();
        foreach (var name in new[] { "b", "d", "small:a", "a" })
            await lab.Engine.SayMany(RoomName.Parse(name), 2);
        await lab.Engine.Enter("ann", RoomName.Parse("c"));
        await lab.Engine.Listen(RoomName.Parse("unused"));
        var (_, rooms) = await lab.Engine.ListRooms(null, 3);
        Assert.Equal([("a", 2L, 0), ("b", 2L, 0), ("c", 0L, 1)], rooms.Select(room => (room.Room.Value, room.Top, room.Users)));
        Assert.Equal(["d", "small:a"], (await lab.Engine.ListRooms("c", 10)).Rooms.Select(room => room.Room.Value));
        await lab.Kill();
        Assert.Equal(5, (await lab.Engine.ListRooms(null, 10)).Rooms.Count);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Describe(RoomName.Parse("unused"))).Status);
    }

    [SkippableFact]
    public async Task A_probe_proves_that_the_storage_takes_writes_and_the_node_is_known()
    {
        await using var lab = await Begin();
        Assert.Equal(EngineStatus.Ok, await lab.Engine.Probe());
        var load = new NodeLoad(3, 2, 1.5, 1000, true);
        lab.Engine.Report(load);
        Assert.Equal(load, Assert.Single((await lab.Engine.Nodes()).Nodes).Load);
    }
}
