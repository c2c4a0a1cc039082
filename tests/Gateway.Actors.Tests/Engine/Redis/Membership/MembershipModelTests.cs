// Random histories of sessions on several nodes of which some die, are cut off or are fenced, against a naive model of rules M1–M3: whoever should be
// present is, and each transition was told once.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

[Collection(MemberRedisCollection.Name)]
public sealed class MembershipModelTests(MemberRedis redis)
{
    private const int Steps = 250;

    private static readonly RoomName[] Rooms = [RoomName.Parse("lobby"), RoomName.Parse("other"), RoomName.Parse("third")];
    private static readonly string[] Users = ["ann", "bob", "cid"];

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Presence_agrees_with_the_model_whatever_nodes_and_sessions_do(int seed)
    {
        await using var lab = await MemberLab.Begin(redis, 3);
        var run = new Run(lab, new Random(seed));
        for (var step = 0; step < Steps; step++)
        {
            await run.Act();
            foreach (var room in Rooms)
                await run.Compare(room, $"seed {seed}, step {step}, {run.Last}, {room}");
        }

        await run.Quiesce();
        Assert.Empty(await lab.Leftovers());
    }

    private enum State
    {
        Attached,
        Detached,
        Lingering,
        Gone,
    }

    private sealed class ModelNode(MemberNode node, DateTimeOffset now)
    {
        public MemberNode Node { get; } = node;

        public DateTimeOffset LastBeat { get; set; } = now;

        /// <summary>Cut off, or dead.</summary>
        public bool IsSilent { get; set; }
    }

    private sealed class ModelSession(string user)
    {
        public string User { get; } = user;

        public SessionKey Key { get; set; }

        public State State { get; set; }

        public DateTimeOffset Since { get; set; }

        public ModelNode? Owner { get; set; }

        /// <summary>Nothing brings it back.</summary>
        public bool IsEnded { get; set; }

        public HashSet<RoomName> Rooms { get; } = [];
    }

    private sealed class Run
    {
        private readonly MemberLab _lab;
        private readonly Random _random;
        private readonly List<ModelNode> _nodes;
        private readonly List<ModelSession> _sessions = [];
        private readonly Dictionary<RoomName, (long Version, HashSet<string> Present)> _told = Rooms.ToDictionary(room => room, _ => (0L, new HashSet<string>()));

        public Run(MemberLab lab, Random random)
        {
            _lab = lab;
            _random = random;
            _nodes = [.. new[] { lab.A, lab.B, lab.C }.Select(node => new ModelNode(node, lab.Time.GetUtcNow()))];
        }

        public string Last { get; private set; } = "";

        public async Task Act()
        {
            var room = Rooms[_random.Next(Rooms.Length)];
            var user = Users[_random.Next(Users.Length)];
            var session = _sessions.Count == 0 ? null : _sessions[_random.Next(_sessions.Count)];
            var node = Living();
            var owned = session is { State: State.Attached, Owner.IsSilent: false };
            var kind = _random.Next(15);
            Last = $"case {kind}";
            switch (kind)
            {
                case 0 or 1:
                    _sessions.Add(new ModelSession(user) { Key = await node.Node.Open(user), Owner = node });
                    break;
                case 2 or 3 or 4 when owned:
                    Assert.Equal(EngineStatus.Ok, (await session!.Owner!.Node.Members.Join(session.Key, room, 10)).Status);
                    session.Rooms.Add(room);
                    break;
                case 5 when owned:
                    Assert.Equal(EngineStatus.Ok, await session!.Owner!.Node.Members.Leave(session.Key, room, LeaveReason.Left));
                    session.Rooms.Remove(room);
                    break;
                case 6 when owned:
                    Assert.Equal(EngineStatus.Ok, await session!.Owner!.Node.Members.Detach(session.Key));
                    (session.State, session.Since, session.Owner) = (State.Detached, Now, null);
                    break;
                case 7 or 8 when session is not null:
                    await Claim(session, node);
                    break;
                case 9 when owned:
                    var silent = _random.Next(2) == 0;
                    Assert.Equal(EngineStatus.Ok, await session!.Owner!.Node.Members.End(session.Key, LeaveReason.Left, silent));
                    (session.State, session.Since, session.Owner, session.IsEnded) = (silent ? State.Lingering : State.Gone, Now, null, true);
                    break;
                case 10 when _random.Next(3) == 0:
                    await node.Node.Members.Remove(user, room);
                    foreach (var one in _sessions.Where(one => one.User == user))
                        one.Rooms.Remove(room);
                    break;
                case 11 when _random.Next(3) == 0:
                    await node.Node.Members.Admit(user, room);
                    foreach (var one in _sessions.Where(one => one.User == user && one.State == State.Attached))
                        one.Rooms.Add(room);
                    break;
                case 12 when _random.Next(5) == 0:
                    await node.Node.Members.Expel(user, TimeSpan.Zero);
                    foreach (var one in _sessions.Where(one => one.User == user))
                        (one.State, one.IsEnded) = (State.Gone, true);
                    break;
                case 13 when _random.Next(3) == 0:
                    await Fail();
                    break;
                default:
                    await Pass(_random.Next(1, 9));
                    break;
            }
        }

        /// <summary>Everybody who can come back does, and all sessions end.</summary>
        public async Task Quiesce()
        {
            foreach (var node in _nodes.Where(node => node.IsSilent && !node.Node.IsClosed))
                Return(node);
            await Pass(15);
            foreach (var user in Users)
                await _nodes[0].Node.Members.Expel(user, TimeSpan.Zero);
            await Pass(3);
        }

        public async Task Compare(RoomName room, string where)
        {
            // What a notice has another node do is done when its lanes are empty; nobody waits for it.
            await MemberLab.Until($"{where}: expected [{Expected(room)}], found [{await _lab.Present(room)}]", async () => await _lab.Present(room) == Expected(room));
            var (version, present) = _told[room];
            var log = await _lab.Ask(_lab.A.Link.Room(room).PresenceLog, "XRANGE", version == 0 ? "-" : $"({version}-0", "+");
            for (var i = 0; i < log.Count; i++)
            {
                var parts = log[i][1][1].Text.Split(' ', 7);
                var at = long.Parse(parts[0], null);
                Assert.True(version == 0 || at == version + 1, $"{where}: version {at} after {version}");
                version = at;
                Assert.True(parts[1] == "+" ? present.Add(parts[5]) : parts[1] == "-" && present.Remove(parts[5]), $"{where}: '{log[i][1][1].Text}' was told twice or unseen");
                Assert.Equal(present.Count, int.Parse(parts[3], null));
            }

            _told[room] = (version, present);
            Assert.Equal(Expected(room).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split(':')[0]).Order(), present.Order());
        }

        private DateTimeOffset Now => _lab.Time.GetUtcNow();

        private ModelNode Living()
        {
            var living = _nodes.Where(node => !node.IsSilent).ToArray();
            return living[_random.Next(living.Length)];
        }

        private static async Task Claim(ModelSession session, ModelNode node)
        {
            var (status, claimed) = await node.Node.Members.Claim(session.Key.Id, new SessionOwner(session.User, session.User, 5));
            Assert.Equal(session.State is State.Attached or State.Detached ? EngineStatus.Ok : EngineStatus.NotFound, status);
            if (status != EngineStatus.Ok)
                return;

            Assert.Equal(session.Rooms.OrderBy(one => one.Value), claimed.Rooms.OrderBy(one => one.Value));
            (session.State, session.Key, session.Owner) = (State.Attached, claimed.Key, node);
        }

        private async Task Fail()
        {
            var silent = _nodes.Where(node => node.IsSilent && !node.Node.IsClosed).ToArray();
            if (silent.Length > 0 && _random.Next(2) == 0)
            {
                Return(silent[_random.Next(silent.Length)]);
                await Pass(2);
                return;
            }

            // The first node always lives.
            var node = _nodes[_random.Next(1, _nodes.Count)];
            if (node.IsSilent)
                return;
            node.IsSilent = true;
            if (_random.Next(2) == 0)
            {
                _lab.CutOff(node.Node);
                return;
            }

            await _lab.Kill(node.Node);
            foreach (var session in _sessions.Where(session => session.Owner == node && session.State != State.Attached))
                session.Owner = null;
            _nodes.Add(new ModelNode(await _lab.StartNode(), Now));
        }

        private void Return(ModelNode node)
        {
            _lab.Rejoin(node.Node);
            node.IsSilent = false;
            foreach (var session in _sessions.Where(session => session.Owner == node && !session.IsEnded))
                session.State = State.Attached;
        }

        private async Task Pass(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                await _lab.Pass(1);
                foreach (var node in _nodes.Where(node => !node.IsSilent))
                    node.LastBeat = Now;
                Expire();
            }
        }

        private void Expire()
        {
            foreach (var session in _sessions)
            {
                if (session is { State: State.Attached, Owner.IsSilent: true } && Now >= session.Owner.LastBeat.AddSeconds(5))
                    (session.State, session.Since) = (State.Detached, session.Owner.LastBeat);
                if (session.State == State.Detached && Now >= session.Since.AddMilliseconds(MemberLab.ResumeMs))
                    session.State = State.Gone;
                if (session.State == State.Lingering && Now >= session.Since.AddMilliseconds(MemberLab.GraceMs))
                    session.State = State.Gone;
            }
        }

        private string Expected(RoomName room) => string.Join(' ', _sessions
            .Where(session => session.Rooms.Contains(room) && Counts(session))
            .GroupBy(session => session.User).OrderBy(group => group.Key)
            .Select(group => $"{group.Key}:{group.Count(session => session.State == State.Attached)}"));

        private bool Counts(ModelSession session) =>
            session.State == State.Attached
            || (session.State is State.Detached or State.Lingering && Now < session.Since.AddMilliseconds(MemberLab.GraceMs));
    }
}
