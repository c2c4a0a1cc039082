// The parent of the rooms, told things in the order of a race.

using Gateway.Actors.Engine.Embedded;
using Gateway.Actors.Rooms;
using Gateway.Actors.Tests.Connections;
using Gateway.Protocol;
using Gateway.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Rooms;

public sealed class RoomsActorTests
{
    private static readonly RoomName OwnRoom = RoomName.Parse("user:ann");

    [Fact]
    public async Task A_retirement_that_a_join_has_crossed_is_not_carried_out()
    {
        using var system = new TestSystem();
        using var metrics = new NodeMetrics();
        await using var engine = new EmbeddedEngine(
            new EmbeddedOptions { DataDir = null, Pumped = true }, system.Time, NullLogger<EmbeddedEngine>.Instance);
        await engine.Start(new DeafListener(), CancellationToken.None);
        var services = new NodeServices(new NodeOptions(), engine, system.Time, metrics, new RandomIds());
        var count = new RoomCount();
        var rooms = system.Spawn(() => new RoomsActor(services, count));
        var connection = system.CreateProbe();
        rooms.Tell(new JoinRoom(OwnRoom, MemberOf(connection, system, 1), null, ReplayFrom.Nothing, Silent: true), connection);
        system.Run();
        engine.Pump();
        var room = (await Eventually(connection, system)).Handle.Actor;
        connection.Watch(room);

        // The room says it has seen no join yet; the parent has sent it one.
        rooms.Tell(new RetireRoom(OwnRoom, room, JoinsSeen: 0));
        system.Run();
        connection.ExpectNoMsg();
        Assert.Equal(1, count.Value);

        rooms.Tell(new RetireRoom(OwnRoom, room, JoinsSeen: 1));
        connection.ExpectTerminated(room);
        Assert.Equal(0, count.Value);
    }

    /// <summary>The engine's answer may come by another thread where a test runs under a synchronization context.</summary>
    private static async Task<RoomJoined> Eventually(Probe connection, TestSystem system)
    {
        for (var i = 0; i < 1_000; i++)
        {
            system.Run();
            if (connection.Messages.OfType<RoomJoined>().Any())
                return connection.ExpectMsg<RoomJoined>();
            await Task.Delay(1);
        }

        throw new TimeoutException("The room did not open.");
    }

    private static Member MemberOf(Probe connection, TestSystem system, ulong id) => new()
    {
        ConnectionId = id,
        UserId = "ann",
        Name = "Ann",
        Session = default,
        Sink = new FakeSink(100, system.Time),
        Dialect = TestNode.Dialect,
        Connection = connection,
    };

    private sealed class DeafListener : Gateway.Actors.Engine.IEngineListener
    {
        public void Notify(Gateway.Actors.Engine.EngineNotice notice)
        {
        }
    }
}
