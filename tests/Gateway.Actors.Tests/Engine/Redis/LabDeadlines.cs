// What is particular to deadlines in Redis: where nobody could beat for a lease, nobody could come back either, so everyone gets the time anew.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine.Redis;

[Collection(SingleStoreCollection.Name)]
public sealed class LabDeadlines(SingleStore store)
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(EngineLab.GraceMs);
    private static readonly TimeSpan Resume = TimeSpan.FromMilliseconds(EngineLab.ResumeMs);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [SkippableFact]
    public async Task An_expired_session_can_still_be_claimed_while_nobody_could_beat()
    {
        await using var lab = await RedisLab.Begin(store);
        var key = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Detach(key);
        lab.Time.Advance(Resume + Resume);
        Assert.Equal(1, (await lab.Engine.Who(Lobby, 10)).Membership.Count);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2))).Status);
        await lab.Pass(Resume);
        Assert.Empty(probe.Presence);
    }

    [SkippableFact]
    public async Task The_first_beat_after_a_silence_gives_everyone_the_grace_period_anew()
    {
        await using var lab = await RedisLab.Begin(store);
        var late = await lab.Engine.Enter("ann", Lobby);
        var back = await lab.Engine.Enter("bob", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Detach(late);
        await lab.Engine.Detach(back);
        lab.Time.Advance(TimeSpan.FromHours(3));
        await lab.Sweep();
        await lab.Pass(Grace - Second);
        Assert.Empty(probe.Presence);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Claim(back.Id, new SessionOwner("bob", "Bob", 2))).Status);
        await lab.Pass(Second);
        Assert.Equal(["-ann 1 Timeout"], probe.Presence);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(late.Id, new SessionOwner("ann", "Ann", 2))).Status);
        await lab.Pass(Resume);
        Assert.Equal(["-ann 1 Timeout"], probe.Presence);
    }

    [SkippableFact]
    public async Task Who_is_connected_is_not_touched_by_a_silence()
    {
        await using var lab = await RedisLab.Begin(store);
        await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        lab.Time.Advance(TimeSpan.FromHours(3));
        await lab.Pass(Resume);
        Assert.Empty(probe.Presence);
        Assert.Equal(1, (await lab.Engine.DescribeUser("ann")).Summary.Connections);
    }
}
