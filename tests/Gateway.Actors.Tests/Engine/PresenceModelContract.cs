// Random histories of sessions against a naive model of rules M1–M3: whoever should be present is, and each transition was told once.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine;

public abstract class PresenceModelContract
{
    private static readonly RoomName[] Rooms = [RoomName.Parse("lobby"), RoomName.Parse("other"), RoomName.Parse("third")];
    private static readonly string[] Users = ["ann", "bob", "cid"];

    protected abstract Task<EngineLab> Begin();

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Presence_agrees_with_the_model_whatever_the_sessions_do(int seed)
    {
        var random = new Random(seed);
        await using var lab = await Begin();
        var probes = new Dictionary<RoomName, NoticeProbe>();
        foreach (var room in Rooms)
            probes[room] = await lab.Engine.Listen(room);
        var model = new Model();
        for (var step = 0; step < 400; step++)
        {
            await Act(lab, model, random);
            await lab.Settled();
            foreach (var room in Rooms)
                await Compare(lab, model, room, probes[room], $"seed {seed}, step {step}, {room}");
        }
    }

    private static async Task Act(EngineLab lab, Model model, Random random)
    {
        var room = Rooms[random.Next(Rooms.Length)];
        var user = Users[random.Next(Users.Length)];
        var now = lab.Time.GetUtcNow();
        var session = model.Sessions.Count == 0 ? null : model.Sessions[random.Next(model.Sessions.Count)];
        switch (random.Next(12))
        {
            case 0 or 1:
                model.Sessions.Add(new ModelSession(user) { Key = await lab.Engine.OpenFor(user) });
                break;
            case 2 or 3 or 4 when session is not null:
                var (joined, _) = await lab.Engine.Join(session.Key, room, 10);
                Assert.Equal(session.State == ModelState.Attached ? EngineStatus.Ok : session.State == ModelState.Detached ? EngineStatus.Stale : EngineStatus.NotFound, joined);
                if (joined == EngineStatus.Ok)
                    session.Rooms.Add(room);
                break;
            case 5 when session is { State: not ModelState.Gone }:
                await lab.Engine.Leave(session.Key, room, LeaveReason.Left);
                if (session.State != ModelState.Lingering)
                    session.Rooms.Remove(room);
                break;
            case 6 or 7 when session is { State: ModelState.Attached }:
                Assert.Equal(EngineStatus.Ok, await lab.Engine.Detach(session.Key));
                (session.State, session.Since) = (ModelState.Detached, now);
                break;
            case 8 when session is not null:
                var (claimed, answer) = await lab.Engine.Claim(session.Key.Id, new SessionOwner(session.User, session.User, 5));
                Assert.Equal(session.State is ModelState.Attached or ModelState.Detached ? EngineStatus.Ok : EngineStatus.NotFound, claimed);
                if (claimed == EngineStatus.Ok)
                {
                    Assert.Equal(session.Rooms.OrderBy(one => one.Value), answer.Rooms.OrderBy(one => one.Value));
                    Assert.Equal(EngineStatus.Stale, await lab.Engine.Detach(session.Key));
                    (session.State, session.Key) = (ModelState.Attached, answer.Key);
                }

                break;
            case 9 when session is { State: ModelState.Attached or ModelState.Detached }:
                var silent = random.Next(2) == 0;
                await lab.Engine.End(session.Key, LeaveReason.Left, silent);
                session.Since = session.State == ModelState.Detached ? session.Since : now;
                session.State = silent ? ModelState.Lingering : ModelState.Gone;
                break;
            case 10 when random.Next(3) == 0:
                await lab.Engine.Remove(user, room);
                foreach (var one in model.Sessions.Where(one => one.User == user))
                    one.Rooms.Remove(room);
                break;
            default:
                await lab.Pass(TimeSpan.FromSeconds(random.Next(1, 9)));
                break;
        }

        model.Expire(lab.Time.GetUtcNow());
    }

    private static async Task Compare(EngineLab lab, Model model, RoomName room, NoticeProbe probe, string where)
    {
        var (_, who) = await lab.Engine.Who(room, 100);
        var expected = model.Present(room, lab.Time.GetUtcNow());
        var actual = string.Join(' ', who.Users!.OrderBy(user => user.UserId).Select(user => $"{user.UserId}:{user.Devices}"));
        Assert.True(expected == actual, $"{where}: expected [{expected}], found [{actual}]");

        var told = new HashSet<string>();
        long? version = null;
        foreach (var change in probe.Heard.OfType<PresenceChanged>())
        {
            Assert.Equal(version + 1 ?? change.Version, change.Version);
            version = change.Version;
            Assert.True(change.Joined ? told.Add(change.UserId) : told.Remove(change.UserId), $"{where}: {change} was told twice");
            Assert.Equal(told.Count, change.Count);
        }

        Assert.True(told.SetEquals(who.Users!.Select(user => user.UserId)), $"{where}: told [{string.Join(' ', told)}], present [{actual}]");
    }

    private enum ModelState
    {
        Attached,
        Detached,
        Lingering,
        Gone,
    }

    private sealed class ModelSession(string user)
    {
        public string User { get; } = user;

        public SessionKey Key { get; set; }

        public ModelState State { get; set; }

        public DateTimeOffset Since { get; set; }

        public HashSet<RoomName> Rooms { get; } = [];
    }

    private sealed class Model
    {
        public List<ModelSession> Sessions { get; } = [];

        public string Present(RoomName room, DateTimeOffset now) => string.Join(' ', Sessions
            .Where(session => session.Rooms.Contains(room) && Counts(session, now))
            .GroupBy(session => session.User).OrderBy(group => group.Key)
            .Select(group => $"{group.Key}:{group.Count(session => session.State == ModelState.Attached)}"));

        public void Expire(DateTimeOffset now)
        {
            foreach (var session in Sessions.Where(session => session.State == ModelState.Detached && now >= session.Since.AddMilliseconds(EngineLab.ResumeMs)))
                session.State = ModelState.Gone;
            foreach (var session in Sessions.Where(session => session.State == ModelState.Lingering && now >= session.Since.AddMilliseconds(EngineLab.GraceMs)))
                session.State = ModelState.Gone;
        }

        private static bool Counts(ModelSession session, DateTimeOffset now) =>
            session.State == ModelState.Attached
            || (session.State is ModelState.Detached or ModelState.Lingering && now < session.Since.AddMilliseconds(EngineLab.GraceMs));
    }
}
