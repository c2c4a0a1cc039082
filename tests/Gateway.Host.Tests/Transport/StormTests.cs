// Many threads at once against one real socket whose peer reads by fits and starts: every frame whole, every thread's order kept.

using System.Globalization;
using Gateway.Actors;
using Gateway.Actors.Delivery;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

public sealed class StormTests
{
    private const int Rooms = 6;
    private const int EventsARoom = 3_000;
    private const int UrgentThreads = 2;

    /// <summary>All of them, and an outbox full of events, stay below twice the bound: however long the peer dawdles, it is not too slow.</summary>
    private const int UrgentsAThread = 200;

    /// <summary>K2, K3, K5, K6 together.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rooms_answers_and_a_close_at_once_leave_whole_frames_in_order(bool tls)
    {
        await using var server = await TransportServer.Start(tls, new NodeOptions { OutboxEvents = 500, OutboxBytes = 300_000 });
        var (client, connection) = await server.Connect(receiveBuffer: 8192);
        await using var _ = client;
        var kept = 0;
        var rooms = Enumerable.Range(0, Rooms).Select(room => Task.Factory.StartNew(
            () => Publish(connection.Sink, room, ref kept), TaskCreationOptions.LongRunning)).ToArray();
        var answers = Enumerable.Range(0, UrgentThreads).Select(thread => Task.Factory.StartNew(
            () => Answer(connection.Sink, thread), TaskCreationOptions.LongRunning)).ToArray();
        var closing = Task.WhenAll([.. rooms, .. answers]).ContinueWith(
            _ => connection.Sink.Close(CloseCode.GoingAway, "done"), TaskScheduler.Default);

        var next = new int[Rooms];
        var nextUrgent = new int[UrgentThreads];
        var read = 0;
        string last;
        do
        {
            // A peer that dawdles: it stops now and then, most often in the middle of a frame.
            if (++read % 1000 == 0)
                await Task.Delay(20);
            var frame = await client.ReadFrame();
            Assert.NotNull(frame);
            last = ServerFrames.Describe(frame.Value.Opcode, frame.Value.Payload);
            if (frame.Value.Opcode != Opcode.Text)
                continue;
            var parts = last.Split(':');
            var thread = int.Parse(parts[1], CultureInfo.InvariantCulture);
            var expected = parts[0] == "room" ? next[thread]++ : nextUrgent[thread]++;
            Assert.Equal(expected, int.Parse(parts[2], CultureInfo.InvariantCulture));
        }
        while (!last.StartsWith("close", StringComparison.Ordinal));

        await closing;
        Assert.Equal("close:1001", last);
        Assert.All(next, count => Assert.Equal(EventsARoom, count));
        Assert.All(nextUrgent, count => Assert.Equal(UrgentsAThread, count));
        Assert.True(kept > 0, "The peer was never slow: the test shows nothing.");
    }

    /// <summary>K2 on the wire: what is said urgently comes long before what waited already.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_urgent_frame_overtakes_what_waits(bool tls)
    {
        await using var server = await TransportServer.Start(tls);
        var (client, connection) = await server.Connect(receiveBuffer: 8192);
        await using var _ = client;
        var text = new string('x', 1000);
        var offered = 0;
        for (; Frames.OfferText(connection.Sink, text, text, text) != SinkOutcome.Full; offered += 3)
        {
        }

        var (waiting, _) = connection.Sink.Pending;
        Frames.SendText(connection.Sink, "urgent", SinkLane.Urgent);
        var before = 0;
        while (await client.ReadText() != "urgent")
            before++;
        // What the kernel and one write in progress hold can't be overtaken; the rest must be.
        Assert.True(offered - before > waiting - 100, $"{before} of {offered} came first, {waiting} waited.");
        for (var rest = before; rest < offered; rest++)
            Assert.Equal(text, await client.ReadText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K4_drained_comes_when_the_peer_reads_on(bool tls)
    {
        await using var server = await TransportServer.Start(tls, new NodeOptions { OutboxEvents = 400 });
        var (client, connection) = await server.Connect(receiveBuffer: 8192);
        await using var _ = client;
        var text = new string('x', 1000);
        var offered = 0;
        for (; Frames.OfferText(connection.Sink, text) != SinkOutcome.Full; offered++)
        {
        }

        connection.Sink.NotifyWhenDrained();
        Assert.NotNull(connection.Sink.StuckSince);
        Assert.Equal(0, connection.DrainedCount);
        for (var i = 0; i < offered; i++)
            Assert.Equal(text, await client.ReadText());
        await Patience.Until("Drained", () => connection.DrainedCount == 1);
        Assert.Equal((0, 0), connection.Sink.Pending);
        Assert.Null(connection.Sink.StuckSince);
    }

    private static void Publish(IConnectionSink sink, int room, ref int kept)
    {
        var random = new Random(room);
        for (var seq = 0; seq < EventsARoom;)
        {
            var count = Math.Min(random.Next(1, 6), EventsARoom - seq);
            // Now and then a frame larger than what a socket takes at once.
            var length = random.Next(200) == 0 ? 70_000 : random.Next(300);
            var batch = Frames.Text([.. Enumerable.Range(seq, count).Select(n => $"room:{room}:{n}:{new string('x', length)}")]);
            SinkOutcome outcome;
            while ((outcome = sink.Offer(batch, 0, batch.Length, count)) == SinkOutcome.Full)
                Thread.Sleep(1);
            if (outcome == SinkOutcome.Kept)
                Interlocked.Increment(ref kept);
            Assert.NotEqual(SinkOutcome.Closed, outcome);
            batch.Release();
            seq += count;
        }
    }

    private static void Answer(IConnectionSink sink, int thread)
    {
        for (var n = 0; n < UrgentsAThread; n++)
        {
            Frames.SendText(sink, $"urgent:{thread}:{n}", SinkLane.Urgent);
            Thread.Sleep(1);
        }
    }
}
