// The engine as the tests of rooms and connections use it: in memory, pumped by hand, all on one thread.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedPumped
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    private readonly EngineTime _time = new();
    private bool _fails;

    [Fact]
    public async Task Nothing_happens_until_it_is_pumped_and_then_all_of_it_on_this_thread()
    {
        await using var engine = await Begin();
        var probe = new NoticeProbe();
        var subscribed = engine.Subscribe(Lobby, probe).AsTask();
        var thread = 0;
        var publication = TestPublication.To(Lobby, "c-1", onCompleted: () => thread = Environment.CurrentManagedThreadId);
        engine.Publish(publication);
        Assert.False(subscribed.IsCompleted);
        engine.Pump();
        Assert.True(subscribed.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        Assert.Equal([1L], probe.Seqs);

        var read = engine.Since(Lobby, 0, null);
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal([1L], (await read).Seqs());
    }

    [Fact]
    public async Task A_listener_is_told_before_the_publisher_is_answered()
    {
        await using var engine = await Begin();
        var probe = new NoticeProbe();
        _ = engine.Subscribe(Lobby, probe).AsTask();
        var told = -1;
        engine.Publish(TestPublication.To(Lobby, onCompleted: () => told = probe.Seqs.Count));
        engine.Pump();
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task A_callback_may_ask_for_more()
    {
        await using var engine = await Begin();
        var second = TestPublication.To(Lobby);
        engine.Publish(TestPublication.To(Lobby, onCompleted: () => engine.Publish(second)));
        engine.Pump();
        Assert.Equal(2, (await second.Outcome).Seq);
    }

    [Fact]
    public async Task A_journal_in_memory_fails_and_returns_like_one_on_disk()
    {
        await using var engine = await Begin();
        var probe = new NoticeProbe();
        _ = engine.Subscribe(Lobby, probe).AsTask();
        var stored = TestPublication.To(Lobby, "c-1");
        engine.Publish(stored);
        engine.Pump();
        _fails = true;
        var failed = TestPublication.To(Lobby, "c-2");
        engine.Publish(failed);
        engine.Pump();
        Assert.Equal(PublishStatus.Unknown, (await failed.Outcome).Status);
        _fails = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        engine.Pump();
        var again = TestPublication.To(Lobby, "c-1");
        engine.Publish(again);
        engine.Pump();
        Assert.Equal((1L, true), ((await again.Outcome).Seq, (await again.Outcome).Duplicate));
        Assert.Single(probe.Heard.OfType<RoomRolled>());
    }

    [Fact]
    public async Task A_full_queue_is_busy_and_letting_go_is_never_refused()
    {
        await using var engine = await Begin(options => options with { QueueCapacity = 3 });
        var opening = engine.Open(new SessionOwner("ann", "Ann", 1)).AsTask();
        engine.Pump();
        var key = (await opening).Key;
        var publications = Enumerable.Range(0, 5).Select(_ => TestPublication.To(Lobby)).ToArray();
        foreach (var publication in publications)
            engine.Publish(publication);
        Assert.Equal(EngineStatus.Busy, await engine.Probe());
        var detached = engine.Detach(key).AsTask();
        engine.Pump();
        Assert.Equal([PublishStatus.Stored, PublishStatus.Stored, PublishStatus.Stored, PublishStatus.Busy, PublishStatus.Busy],
            publications.Select(publication => publication.Outcome.Result.Status));
        Assert.Equal(EngineStatus.Ok, await detached);
    }

    [Fact]
    public async Task What_peers_can_grow_is_bounded()
    {
        await using var engine = await Begin(options => options with { MaxSessions = 2, MaxRooms = 2, MaxCursorsPerRoom = 1, MaxRoomsPerSession = 1, MaxRefusals = 1 });
        var room = RoomName.Parse("a");
        Assert.Equal(EngineStatus.Ok, (await Pumped(engine, engine.Open(new SessionOwner("ann", "Ann", 1)))).Status);
        var (_, key) = await Pumped(engine, engine.Open(new SessionOwner("ann", "Ann", 1)));
        Assert.Equal(EngineStatus.Busy, (await Pumped(engine, engine.Open(new SessionOwner("ann", "Ann", 1)))).Status);
        Assert.Equal(EngineStatus.Ok, (await Pumped(engine, engine.Join(key, room, 1))).Status);
        Assert.Equal(EngineStatus.Busy, (await Pumped(engine, engine.Join(key, Lobby, 1))).Status);
        var outcomes = new[] { "a", "b", "c", "a" }.Select(name => engine.Say(RoomName.Parse(name))).ToArray();
        engine.Pump();
        Assert.Equal([PublishStatus.Stored, PublishStatus.Stored, PublishStatus.Busy, PublishStatus.Stored], outcomes.Select(outcome => outcome.Result.Status));
        Assert.Equal(EngineStatus.Ok, await Pumped(engine, engine.MoveCursor(room, "ann", Protocol.Inbound.ReceiptStatus.Read, 1)));
        Assert.Equal(EngineStatus.Busy, await Pumped(engine, engine.MoveCursor(room, "bob", Protocol.Inbound.ReceiptStatus.Read, 1)));
        Assert.Equal(EngineStatus.Ok, (await Pumped(engine, engine.Expel("x", TimeSpan.FromHours(1)))).Status);
        Assert.Equal(EngineStatus.Busy, (await Pumped(engine, engine.Expel("y", TimeSpan.FromHours(1)))).Status);
    }

    [Fact]
    public async Task Rooms_nobody_listens_to_leave_memory_and_come_back_whole()
    {
        await using var engine = await Begin(options => options with { IdleRooms = 4 });
        var rooms = Enumerable.Range(0, 50).Select(i => RoomName.Parse($"room{i}")).ToArray();
        for (var round = 1; round <= 3; round++)
        {
            var said = rooms.Select((room, i) => engine.Say(room, $"c-{round}-{i}")).ToArray();
            engine.Pump();
            Assert.All(said, outcome => Assert.Equal(round, outcome.Result.Seq));
            for (var tick = 0; tick < 3; tick++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                engine.Pump();
            }
        }

        var again = rooms.Select((room, i) => engine.Say(room, $"c-2-{i}")).ToArray();
        engine.Pump();
        Assert.All(again, outcome => Assert.Equal((2L, true), (outcome.Result.Seq, outcome.Result.Duplicate)));
    }

    [Fact]
    public async Task What_waits_together_is_committed_together()
    {
        var commits = 0;
        await using var engine = await Begin(options => options with
        {
            OnJournalStep = step => commits += step == JournalStep.BeforeCommit ? 1 : 0,
        });
        commits = 0;
        var said = Enumerable.Range(0, 500).Select(i => engine.Say(Lobby, $"c-{i}")).ToArray();
        engine.Pump();
        Assert.Equal(1, commits);
        Assert.All(said, outcome => Assert.Equal(PublishStatus.Stored, outcome.Result.Status));
        _ = engine.Who(Lobby, 10).AsTask();
        engine.Pump();
        Assert.Equal(1, commits);
    }

    private static async Task<T> Pumped<T>(EmbeddedEngine engine, ValueTask<T> answer)
    {
        var task = answer.AsTask();
        engine.Pump();
        return await task;
    }

    private async Task<EmbeddedEngine> Begin(Func<EmbeddedOptions, EmbeddedOptions>? change = null)
    {
        var options = new EmbeddedOptions
        {
            DataDir = null,
            Pumped = true,
            OnJournalStep = step =>
            {
                if (_fails && step == JournalStep.BeforeCommit)
                    throw new JournalException("The disk fails.");
            },
        };
        var engine = new EmbeddedEngine(change?.Invoke(options) ?? options, _time, NullLogger<EmbeddedEngine>.Instance);
        await engine.Start(new NoticeProbe(), default);
        return engine;
    }
}
