// The embedded engine while its disk fails: nothing is acked, nothing acked is lost, and everyone is told the difference afterwards.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedFailure
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private volatile Func<JournalStep, bool> _fails = _ => false;

    [Theory]
    [InlineData((int)JournalStep.Write, PublishStatus.Degraded)]
    [InlineData((int)JournalStep.BeforeCommit, PublishStatus.Unknown)]
    [InlineData((int)JournalStep.AfterCommit, PublishStatus.Unknown)]
    public async Task A_failing_disk_acks_nothing_and_loses_nothing_acked(int step, PublishStatus status)
    {
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var before = await lab.Engine.SayMany(Lobby, 3);
        _fails = at => at == (JournalStep)step;
        Assert.Equal(status, (await lab.Engine.Say(Lobby, "c-1")).Status);
        _fails = at => at == JournalStep.Open;
        Assert.IsType<EngineLost>(lab.Notices.Heard[0]);
        Assert.Equal(PublishStatus.Degraded, (await lab.Engine.Say(Lobby, "c-2")).Status);
        Assert.Equal(EngineStatus.Degraded, await lab.Engine.Probe());
        Assert.Equal(EngineStatus.Degraded, (await lab.Engine.Last(Lobby, 10)).Status);
        Assert.Equal(EngineStatus.Degraded, (await lab.Engine.Subscribe(RoomName.Parse("other"), new NoticeProbe())).Status);
        await Return(lab, failing: 2);

        // The client sends the same id again, as the contract bids it.
        var survived = (JournalStep)step == JournalStep.AfterCommit;
        var retried = await lab.Engine.Say(Lobby, "c-1");
        Assert.Equal((PublishStatus.Stored, 4L, survived), (retried.Status, retried.Seq, retried.Duplicate));
        // What the lost commit held after all was stored in the epoch before.
        Assert.Equal(survived, before.Epoch == retried.Epoch);
        var epoch = (await lab.Engine.Last(Lobby, 1)).Position.Epoch;
        Assert.NotEqual(before.Epoch, epoch);
        Assert.Equal([1L, 2L, 3L, 4L], probe.Seqs);
        Assert.Equal(new RoomRolled(new RoomPosition(epoch, 3), GapReason.RolledBack, 3), Assert.Single(probe.Heard.OfType<RoomRolled>()));
        Assert.Equal(Continuity.Proven, (await lab.Engine.Since(Lobby, 3, before.Epoch)).Continuity);
        Assert.Equal([1L, 2L, 3L, 4L], (await lab.Engine.Since(Lobby, 0, null)).Seqs());
        await lab.Kill();
        Assert.Equal([1L, 2L, 3L, 4L], (await lab.Engine.Since(Lobby, 0, null)).Seqs());
    }

    [Fact]
    public async Task Acked_events_survive_failures_at_random_steps()
    {
        var random = new Random(20261120);
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        var acked = new Dictionary<string, long>();
        for (var i = 0; i < 300; i++)
        {
            var step = (JournalStep)random.Next(1, 4);
            _fails = random.Next(10) == 0 ? at => at == step : _ => false;
            var said = await Task.WhenAll(Enumerable.Range(0, 3).Select(async n => (Id: $"c-{i}-{n}", Outcome: await lab.Engine.Say(Lobby, $"c-{i}-{n}"))));
            foreach (var (id, outcome) in said.Where(one => one.Outcome.Status == PublishStatus.Stored))
                acked.Add(id, outcome.Seq);
            _fails = _ => false;
            lab.Time.Advance(Second);
        }

        await lab.Engine.Probe();
        var page = await lab.Engine.Since(Lobby, 0, null, limit: 2000);
        Assert.InRange(acked.Count, 500, 899);
        Assert.Equal(Enumerable.Range(1, page.Events.Count).Select(seq => (long)seq), page.Seqs());
        Assert.All(acked, one => Assert.Equal(one.Key, page.Events[(int)one.Value - 1].Id));
        Assert.Equal(page.Seqs(), probe.Seqs);
    }

    [Fact]
    public async Task What_changed_in_presence_while_the_disk_failed_is_told_once_afterwards()
    {
        await using var lab = await Begin();
        var stays = await lab.Engine.Enter("ann", Lobby);
        var leaves = await lab.Engine.Enter("bob", Lobby);
        var comes = await lab.Engine.OpenFor("cid");
        var probe = await lab.Engine.Listen(Lobby);
        _fails = at => at == JournalStep.AfterCommit;
        Assert.Equal(EngineStatus.Unknown, (await lab.Engine.Join(comes, Lobby, 10)).Status);
        _fails = at => at == JournalStep.Open;
        Assert.Equal(EngineStatus.Degraded, await lab.Engine.Detach(leaves));
        await Return(lab, failing: 3);

        // The join was stored after all; the socket that closed meanwhile has its grace period from now on.
        Assert.Equal(["+cid 3"], probe.Presence);
        await lab.Pass(TimeSpan.FromMilliseconds(EngineLab.GraceMs));
        Assert.Equal(["+cid 3", "-bob 2 Timeout"], probe.Presence);
        Assert.Equal([3L, 4L], probe.Heard.OfType<PresenceChanged>().Select(change => change.Version));
        Assert.Equal(EngineStatus.Ok, await lab.Engine.Leave(stays, Lobby, LeaveReason.Left));
    }

    [Fact]
    public async Task A_session_that_was_stored_but_never_answered_is_nobodys_and_expires()
    {
        await using var lab = await Begin();
        _fails = at => at == JournalStep.AfterCommit;
        Assert.Equal(EngineStatus.Unknown, (await lab.Engine.Open(new SessionOwner("ann", "Ann", 1))).Status);
        _fails = _ => false;
        await Return(lab, failing: 0);
        Assert.Equal((true, 0), ((await lab.Engine.DescribeUser("ann")).Summary.Online, (await lab.Engine.DescribeUser("ann")).Summary.Connections));
        await lab.Pass(TimeSpan.FromMilliseconds(EngineLab.ResumeMs));
        Assert.False((await lab.Engine.DescribeUser("ann")).Summary.Online);
    }

    [Fact]
    public async Task A_full_disk_is_said_and_survived()
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Lobby, 3);
        _fails = at => at == JournalStep.Write ? throw new JournalException("database or disk is full") : false;
        Assert.Equal(EngineStatus.Degraded, await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, 2));
        _fails = _ => false;
        await Return(lab, failing: 0);
        Assert.Equal(EngineStatus.Ok, await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, 2));
    }

    [Fact]
    public async Task A_disk_that_hangs_does_not_keep_callers_waiting()
    {
        using var hang = new ManualResetEventSlim();
        using var hanging = new ManualResetEventSlim();
        await using var lab = await Begin();
        var probe = await lab.Engine.Listen(Lobby);
        _fails = at =>
        {
            if (at != JournalStep.BeforeCommit)
                return false;
            hanging.Set();
            hang.Wait();
            return false;
        };
        var stuck = lab.Engine.Say(Lobby, "c-1");
        hanging.Wait();
        var waiting = lab.Engine.Say(Lobby, "c-2");
        lab.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(PublishStatus.Unknown, (await stuck).Status);
        Assert.Equal(PublishStatus.Degraded, (await waiting).Status);
        Assert.IsType<EngineLost>(Assert.Single(lab.Notices.Heard));
        hang.Set();
        var again = await lab.Engine.Say(Lobby, "c-1");
        Assert.Equal((PublishStatus.Stored, 1L, true), (again.Status, again.Seq, again.Duplicate));
        Assert.IsType<EngineBack>(lab.Notices.Heard[^1]);
        Assert.Equal([1L], probe.Seqs);
    }

    private Task<EmbeddedLab> Begin() => EmbeddedLab.Begin(options => options with
    {
        IdsPerRoom = 1_000,
        OnJournalStep = step =>
        {
            if (_fails(step))
                throw new JournalException($"The disk fails at {step}.");
        },
    });

    /// <summary>The disk is back after so many further attempts.</summary>
    private async Task Return(EmbeddedLab lab, int failing)
    {
        for (var i = 0; i < failing; i++)
        {
            lab.Time.Advance(Second);
            Assert.Equal(EngineStatus.Degraded, await lab.Engine.Probe());
        }

        _fails = _ => false;
        lab.Time.Advance(Second);
        Assert.Equal(EngineStatus.Ok, await lab.Engine.Probe());
        Assert.IsType<EngineBack>(lab.Notices.Heard[^1]);
    }
}
