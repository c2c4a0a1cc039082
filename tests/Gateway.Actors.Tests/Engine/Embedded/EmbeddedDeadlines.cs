// What is particular to the embedded engine's deadlines: it is never away from itself, so what is due is due however long nobody swept.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedDeadlines
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(EngineLab.GraceMs);
    private static readonly TimeSpan Resume = TimeSpan.FromMilliseconds(EngineLab.ResumeMs);

    [Fact]
    public async Task An_expired_session_is_gone_though_nobody_ever_swept()
    {
        await using var lab = await EmbeddedLab.Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        await lab.Engine.Detach(key);
        lab.Time.Advance(Resume);
        Assert.Equal(EngineStatus.NotFound, (await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2))).Status);
        Assert.Equal(0, (await lab.Engine.Who(Lobby, 10)).Membership.Count);
    }

    [Fact]
    public async Task Who_is_back_after_the_grace_period_joins_anew_though_nobody_ever_swept()
    {
        await using var lab = await EmbeddedLab.Begin();
        var key = await lab.Engine.Enter("ann", Lobby);
        var probe = await lab.Engine.Listen(Lobby);
        await lab.Engine.Detach(key);
        lab.Time.Advance(Grace);
        await lab.Engine.Claim(key.Id, new SessionOwner("ann", "Ann", 2));
        Assert.Equal(["-ann 0 Timeout", "+ann 1"], probe.Presence);
    }
}
