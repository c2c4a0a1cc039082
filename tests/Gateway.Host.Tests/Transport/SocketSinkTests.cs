// The rules K1 to K6 of IConnectionSink, on outputs that stop and go as the test says; virtual time.

using Gateway.Actors.Delivery;
using Gateway.Host.Transport;
using Gateway.Protocol;
using Gateway.Protocol.WebSockets;
using Gateway.TestKit;

namespace Gateway.Host.Tests.Transport;

public sealed class SocketSinkTests : IDisposable
{
    private readonly OutboxTotals _totals = new();
    private readonly VirtualTime _time = new();
    private readonly CloseDeadlines _deadlines;
    private readonly CountingListener _listener = new();

    public SocketSinkTests() => _deadlines = new CloseDeadlines(_time);

    public void Dispose() => _deadlines.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K1_no_call_waits_for_a_peer_that_does_not_read(bool holds)
    {
        var (sink, output) = Create(holds);
        output.Allow(0);
        var outcomes = Enumerable.Range(0, 100).Select(i => Frames.OfferText(sink, $"{i}")).ToList();
        Assert.Equal(SinkOutcome.Kept, outcomes[0]);
        Assert.Equal(SinkOutcome.Full, outcomes[^1]);
        await Waiting(output);
    }

    [Fact]
    public void K1_a_peer_that_keeps_up_has_nothing_waiting()
    {
        var (sink, output) = Create();
        Assert.Equal(SinkOutcome.Sent, Frames.OfferText(sink, "a", "b"));
        Assert.Equal((0, 0), sink.Pending);
        Assert.Null(sink.StuckSince);
        Assert.Equal(1, output.Writes);
        Assert.Equal(["a", "b"], ServerFrames.Parse(output.Written));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K2_order_holds_however_little_the_peer_reads_at_a_time(bool holds)
    {
        var (sink, output) = Create(holds);
        output.Allow(3);
        for (var i = 0; i < 15; i++)
            Assert.Equal(SinkOutcome.Kept, Frames.OfferText(sink, $"m{i}"));
        await Waiting(output);
        while (output.IsWaiting)
            output.Read(1);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => $"m{i}"), ServerFrames.Parse(output.Written));
        Assert.Equal((0, 0), sink.Pending);
        Assert.Null(sink.StuckSince);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K2_urgent_frames_go_ahead_of_what_waits_but_never_into_a_frame(bool holds)
    {
        var (sink, output) = Create(holds);
        output.Allow(3);
        Frames.OfferText(sink, "first", "second");
        Frames.OfferText(sink, "third");
        Frames.SendText(sink, "answer");
        await Waiting(output);
        Frames.SendText(sink, "urgent", SinkLane.Urgent);
        output.Read(1000);
        var frames = ServerFrames.Parse(output.Written);
        Assert.Equal(["first", "second", "third", "answer"], frames.Where(f => f != "urgent"));
        Assert.True(frames.IndexOf("urgent") is > 0 and <= 2, string.Join(' ', frames));
    }

    [Fact]
    public async Task K2_what_waits_leaves_with_one_write()
    {
        var (sink, output) = Create();
        output.Allow(0);
        for (var i = 0; i < 15; i++)
            Frames.OfferText(sink, "aaaa");
        await Waiting(output);
        var before = output.Writes;
        output.Read(1000);
        Assert.Equal(15, ServerFrames.Parse(output.Written).Count);
        Assert.Equal(before + 1, output.Writes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K3_an_offer_over_the_bound_of_events_is_refused_whole(bool holds)
    {
        var (sink, output) = Create(holds, events: 10);
        output.Allow(0);
        Assert.Equal(SinkOutcome.Kept, Frames.OfferText(sink, "a", "b", "c", "d"));
        Assert.Equal(SinkOutcome.Kept, Frames.OfferText(sink, "e", "f", "g", "h"));
        Assert.Equal(SinkOutcome.Full, Frames.OfferText(sink, "i", "j", "k"));
        Assert.Equal(SinkOutcome.Kept, Frames.OfferText(sink, "l", "m"));
        Assert.Equal(10, sink.Pending.Events);
        await Waiting(output);
        output.Read(1000);
        Assert.Equal("abcdefghlm", string.Concat(ServerFrames.Parse(output.Written)));
    }

    [Fact]
    public void K3_an_offer_over_the_bound_of_bytes_is_refused_whole()
    {
        var (sink, output) = Create(bytes: 100);
        output.Allow(0);
        Assert.Equal(SinkOutcome.Kept, Frames.OfferText(sink, new string('a', 58)));
        Assert.Equal(SinkOutcome.Full, Frames.OfferText(sink, new string('b', 58)));
        Assert.Equal(SinkOutcome.Kept, Frames.OfferText(sink, new string('c', 38)));
        Assert.Equal((2, 100), sink.Pending);
    }

    [Fact]
    public async Task K3_answers_are_taken_up_to_twice_the_bound_and_then_the_connection_is_too_slow()
    {
        var (sink, output) = Create(events: 10);
        output.Allow(0);
        for (var i = 0; i < 20; i++)
            Frames.SendText(sink, $"{i}", i % 2 == 0 ? SinkLane.Ordered : SinkLane.Urgent);
        Assert.Equal(20, sink.Pending.Events);
        Assert.False(sink.IsClosed);
        Frames.SendText(sink, "one too many");
        Assert.True(sink.IsClosed);
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(sink, "late"));
        await Waiting(output);
        output.Read(1000);
        var frames = ServerFrames.Parse(output.Written);
        Assert.Equal(21, frames.Count);
        Assert.Equal("close:4003", frames[^1]);
    }

    [Fact]
    public async Task K3_a_flood_of_pings_grows_nothing()
    {
        var (sink, output) = Create(events: 10);
        output.Allow(0);
        Frames.OfferText(sink, "a");
        await Waiting(output);
        for (var i = 0; i < 10_000; i++)
            sink.Pong("payload"u8);
        Assert.Equal(2, sink.Pending.Events);
        Assert.False(sink.IsClosed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K4_drained_is_called_once_when_less_than_a_quarter_waits(bool holds)
    {
        var (sink, output) = Create(holds, events: 20);
        output.Allow(0);
        while (Frames.OfferText(sink, "aaaa") != SinkOutcome.Full)
        {
        }

        await Waiting(output);
        sink.NotifyWhenDrained();
        Assert.Equal(0, _listener.Drained);
        output.Read(6 * (holds ? 1 : 15));
        Assert.Equal(0, _listener.Drained);
        output.Read(6 * (holds ? 19 : 1));
        Assert.Equal(1, _listener.Drained);
        output.Read(1000);
        Assert.Equal(1, _listener.Drained);
        sink.NotifyWhenDrained();
        Assert.Equal(2, _listener.Drained);
    }

    [Fact]
    public void K4_a_wish_to_hear_of_it_outlives_the_time_before_the_listener_came()
    {
        var output = new FakeOutput();
        var sink = new SocketSink(output, new SinkBounds(20, 1000), _time, _deadlines, _totals);
        sink.NotifyWhenDrained();
        Assert.Equal(0, _listener.Drained);
        sink.Attach(_listener);
        Assert.Equal(1, _listener.Drained);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K5_a_kept_batch_is_referenced_until_it_is_written(bool holds)
    {
        var (sink, output) = Create(holds);
        output.Allow(0);
        var batch = Frames.Text("aaaa");
        sink.Offer(batch, 0, batch.Length, 1);
        sink.Send(batch, SinkLane.Urgent);
        batch.Release();
        await Waiting(output);
        Assert.Equal(6, batch.Length);
        output.Read(1000);
        Assert.Equal(0, batch.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K5_an_abort_lets_go_of_a_batch_only_when_its_write_has_come_back(bool holds)
    {
        var (sink, output) = Create(holds);
        output.Allow(0);
        var batch = Frames.Text("aaaa");
        sink.Offer(batch, 0, batch.Length, 1);
        batch.Release();
        await Waiting(output);
        output.AbortIsSlow = true;
        sink.Abort();
        Assert.True(output.IsAborted);
        Assert.Equal(6, batch.Length);
        output.Break();
        Assert.Equal(0, batch.Length);
        Assert.Equal((0, 0), sink.Pending);
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(sink, "late"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task K6_what_waits_is_written_then_the_close_frame_and_the_first_code_counts(bool holds)
    {
        var (sink, output) = Create(holds);
        output.Allow(4);
        Frames.OfferText(sink, "aaaa");
        Frames.OfferText(sink, "bbbb");
        sink.Close(CloseCode.GoingAway, "bye");
        sink.Close(CloseCode.TooSlow, "no");
        var farewell = sink.Farewell();
        Frames.SendText(sink, "late");
        Frames.SendText(sink, "late", SinkLane.Urgent);
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(sink, "late"));
        await Waiting(output);
        Assert.False(farewell.IsCompleted);
        output.Read(1000);
        Assert.Equal(["aaaa", "bbbb", "close:1001"], ServerFrames.Parse(output.Written));
        await farewell.WaitAsync(Patience.Limit);
        Assert.False(output.IsAborted);
    }

    [Fact]
    public async Task K6_a_peer_that_does_not_read_on_is_dropped_when_its_time_is_over()
    {
        var (sink, output) = Create();
        output.Allow(0);
        Frames.OfferText(sink, "aaaa");
        await Waiting(output);
        sink.Close(CloseCode.Normal, "");
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(output.IsAborted);
        Assert.Equal(1, _deadlines.Count);
        _time.Advance(TimeSpan.FromSeconds(0.6));
        Assert.True(output.IsAborted);
        Assert.Equal(0, _deadlines.Count);
        await sink.Farewell().WaitAsync(Patience.Limit);
    }

    [Fact]
    public void K6_a_connection_that_ends_in_time_leaves_no_deadline_behind()
    {
        var (sink, output) = Create();
        sink.Close(CloseCode.Normal, "");
        Assert.Equal(1, _deadlines.Count);
        sink.End();
        Assert.Equal(0, _deadlines.Count);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(output.IsAborted);
    }

    [Fact]
    public void A_long_reason_is_cut_between_characters()
    {
        var (sink, output) = Create();
        sink.Close(CloseCode.Normal, new string('x', 122) + "éé");
        Assert.Equal(2 + 2 + 122, output.Written.Length);
        Assert.Equal(["close:1000"], ServerFrames.Parse(output.Written));
    }

    [Fact]
    public async Task Stuck_since_begins_with_the_first_refusal_and_anew_with_each_byte_that_leaves()
    {
        var (sink, output) = Create();
        _time.Advance(TimeSpan.FromSeconds(1));
        output.Allow(0);
        Frames.OfferText(sink, "aaaa");
        await Waiting(output);
        var first = Assert.NotNull(sink.StuckSince);
        _time.Advance(TimeSpan.FromSeconds(7));
        Frames.OfferText(sink, "bbbb");
        Assert.Equal(first, sink.StuckSince);
        output.Read(1);
        Assert.Equal(TimeSpan.Zero, _time.GetElapsedTime(sink.StuckSince!.Value));
        output.Read(1000);
        Assert.Null(sink.StuckSince);
    }

    [Fact]
    public async Task A_broken_output_is_closed_and_never_thrown()
    {
        var (sink, output) = Create();
        output.Break();
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(sink, "a"));
        Frames.SendText(sink, "b");
        sink.NotifyWhenDrained();
        sink.Close(CloseCode.Normal, "");
        sink.Abort();
        Assert.True(output.IsAborted);
        await sink.Farewell().WaitAsync(Patience.Limit);
        Assert.Equal(0, _deadlines.Count);
    }

    [Fact]
    public async Task A_peer_that_breaks_while_something_waits_ends_the_drain()
    {
        var (sink, output) = Create();
        output.Allow(0);
        var batch = Frames.Text("aaaa");
        sink.Offer(batch, 0, batch.Length, 1);
        batch.Release();
        await Waiting(output);
        output.Break();
        Assert.Equal(0, batch.Length);
        Assert.Equal(SinkOutcome.Closed, Frames.OfferText(sink, "a"));
    }

    private static Task Waiting(FakeOutput output) => Patience.Until("the drain waits for the peer", () => output.IsWaiting);

    private (SocketSink Sink, FakeOutput Output) Create(bool holds = false, int events = 20, int bytes = 100_000)
    {
        var output = new FakeOutput(holds);
        var sink = new SocketSink(output, new SinkBounds(events, bytes), _time, _deadlines, _totals);
        sink.Attach(_listener);
        return (sink, output);
    }

    private sealed class CountingListener : IConnectionSinkListener
    {
        public int Drained { get; private set; }

        void IConnectionSinkListener.Drained() => Drained++;
    }
}
