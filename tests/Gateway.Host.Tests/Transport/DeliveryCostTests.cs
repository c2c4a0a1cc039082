// What a delivery may cost on the direct path: one write and no byte of garbage (K1).

using System.Net.Sockets;
using Gateway.Actors.Delivery;

namespace Gateway.Host.Tests.Transport;

public sealed class DeliveryCostTests
{
    [Fact]
    public async Task K1_a_delivery_on_the_direct_path_allocates_nothing()
    {
        await using var server = await TransportServer.Start();
        var (client, connection) = await server.Connect();
        await using var _ = client;
        const int Deliveries = 200;
        var batch = Frames.Text(new string('x', 128));
        var allocated = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var sent = 0;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Deliveries; i++)
                sent += connection.Sink.Offer(batch, 0, batch.Length, 1) == SinkOutcome.Sent ? 1 : 0;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(Deliveries, sent);
            ReadAway(client.Socket, Deliveries * batch.Length);
        }

        // The last round: the first ones load code.
        Assert.Equal(0, allocated);
        batch.Release();
    }

    private static void ReadAway(Socket socket, int bytes)
    {
        var buffer = new byte[16 * 1024];
        while (bytes > 0)
        {
            var received = socket.Receive(buffer.AsSpan(0, Math.Min(buffer.Length, bytes)));
            Assert.NotEqual(0, received);
            bytes -= received;
        }
    }
}
