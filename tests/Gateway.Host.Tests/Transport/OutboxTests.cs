// The outbox alone: order, frame boundaries, accounts, references.

using Gateway.Host.Transport;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Tests.Transport;

public sealed class OutboxTests : IDisposable
{
    private readonly OutboxTotals _totals = new();
    private readonly Outbox _outbox;

    public OutboxTests() => _outbox = new Outbox(_totals);

    public void Dispose() => _totals.Dispose();

    [Fact]
    public void Slices_leave_in_the_order_they_came()
    {
        for (var i = 0; i < 100; i++)
            Add($"m{i}");
        Assert.Equal(100, _outbox.Count);
        Assert.Equal(100, _outbox.Events);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"m{i}"), Drain());
        Assert.Equal((0, 0, 0), (_outbox.Count, _outbox.Events, _outbox.Bytes));
    }

    [Fact]
    public void The_totals_follow_what_waits_in_all_outboxes()
    {
        var other = new Outbox(_totals);
        Add("aaaa");
        var batch = Frames.Text("bb", "cc");
        other.Add(batch, 0, batch.Length, 2);
        AddUrgent("!");
        Assert.Equal((4, _outbox.Bytes + other.Bytes), (_totals.Events, _totals.Bytes));
        other.Clear();
        Assert.Equal((2, _outbox.Bytes), (_totals.Events, _totals.Bytes));
        Drain();
        Assert.Equal((0, 0), (_totals.Events, _totals.Bytes));
    }

    [Fact]
    public void An_urgent_batch_goes_ahead_of_whatever_waits()
    {
        Add("a");
        Add("b");
        AddUrgent("!");
        AddUrgent("!!");
        Assert.Equal(["!", "!!", "a", "b"], Drain());
    }

    [Fact]
    public void An_urgent_batch_goes_between_the_frames_of_a_slice_that_has_begun()
    {
        for (var written = 1; written < 12; written++)
        {
            var outbox = new Outbox(_totals);
            var batch = Frames.Text("aaaa", "bbbb", "cccc");
            outbox.Add(batch, 0, batch.Length, 3);
            var left = outbox.First[..written].ToArray();
            outbox.Advance(written);
            var urgent = Frames.Text("!");
            outbox.AddUrgent(urgent, isPong: false);
            string[] expected = written <= 6 ? ["aaaa", "!", "bbbb", "cccc"] : ["aaaa", "bbbb", "!", "cccc"];
            Assert.Equal(expected, ServerFrames.Parse([.. left, .. DrainBytes(outbox)]));
        }
    }

    [Theory]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(70_000)]
    public void Frame_boundaries_are_found_behind_every_length_of_header(int length)
    {
        var batch = Frames.Text(new string('a', length), "b");
        _outbox.Add(batch, 0, batch.Length, 2);
        var left = _outbox.First[..1].ToArray();
        _outbox.Advance(1);
        AddUrgent("!");
        Assert.Equal([new string('a', length), "!", "b"], ServerFrames.Parse([.. left, .. DrainBytes(_outbox)]));
    }

    [Fact]
    public void Nothing_comes_between_bytes_in_flight()
    {
        Add("aaaa");
        Add("bbbb");
        Add("cccc");
        _outbox.MarkInFlight(7);
        AddUrgent("!");
        Assert.Equal(["aaaa", "bbbb", "!", "cccc"], Drain());
    }

    [Fact]
    public void Urgent_batches_keep_their_own_order_while_a_slice_is_being_written()
    {
        var batch = Frames.Text("aaaa", "bbbb");
        _outbox.Add(batch, 0, batch.Length, 2);
        var left = _outbox.First[..3].ToArray();
        _outbox.Advance(3);
        AddUrgent("1");
        AddUrgent("2");
        _outbox.MarkInFlight(4);
        AddUrgent("3");
        Assert.Equal(["aaaa", "1", "2", "3", "bbbb"], ServerFrames.Parse([.. left, .. DrainBytes(_outbox)]));
    }

    [Fact]
    public void Of_the_pongs_that_wait_only_the_last_is_kept()
    {
        Add("a");
        for (var i = 0; i < 1000; i++)
        {
            var pong = Frames.Batch(Opcode.Pong, $"{i}");
            _outbox.AddUrgent(pong, isPong: true);
            pong.Release();
        }

        AddUrgent("!");
        Assert.Equal(3, _outbox.Count);
        Assert.Equal(["pong:999", "!", "a"], Drain());
        Assert.Equal(0, _outbox.Bytes);
    }

    /// <summary>K5.</summary>
    [Fact]
    public void A_batch_is_referenced_until_its_last_slice_has_left()
    {
        var batch = Frames.Text("aaaa", "bbbb");
        var length = batch.Length;
        _outbox.Add(batch, 0, length, 2);
        batch.Release();
        _outbox.Advance(1);
        AddUrgent("!");
        _outbox.Advance(length + 3 - 2);
        Assert.Equal(length, batch.Length);
        _outbox.Advance(1);
        Assert.Equal(0, batch.Length);
    }

    [Fact]
    public void Clearing_releases_every_batch()
    {
        var batch = Frames.Text("aaaa", "bbbb");
        for (var i = 0; i < 50; i++)
            _outbox.Add(batch, 0, batch.Length, 2);
        batch.Release();
        Assert.NotEqual(0, batch.Length);
        _outbox.Clear();
        Assert.Equal(0, batch.Length);
        Assert.Equal((0, 0, 0), (_outbox.Count, _outbox.Events, _outbox.Bytes));
    }

    /// <summary>K1, for what waits: its ring comes from a pool and goes back.</summary>
    [Fact]
    public void Waiting_allocates_nothing_once_warm()
    {
        var batch = Frames.Text("aaaa");
        Fill();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Fill()
        {
            for (var i = 0; i < 1000; i++)
                _outbox.Add(batch, 0, batch.Length, 1);
            _outbox.Advance(_outbox.Bytes);
        }
    }

    /// <summary>Against a model: any mixture of slices, urgent batches, partial writes and flights leaves whole frames in the right order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_history_leaves_whole_frames_in_order(int seed)
    {
        var random = new Random(seed);
        var left = new List<byte>();
        int ordered = 0, urgent = 0;
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 when _outbox.Count < 200:
                    var frames = Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"o{ordered++}:{new string('x', random.Next(200))}").ToArray();
                    var batch = Frames.Text(frames);
                    _outbox.Add(batch, 0, batch.Length, frames.Length);
                    batch.Release();
                    break;
                case 1 when _outbox.Count < 200:
                    AddUrgent($"u{urgent++}");
                    break;
                case 2 when _outbox.Count > 0:
                    var flight = random.Next(1, Math.Min(_outbox.Bytes, 500) + 1);
                    _outbox.MarkInFlight(flight);
                    var bytes = new byte[flight];
                    Assert.Equal(flight, _outbox.CopyTo(bytes));
                    if (random.Next(2) == 0)
                        AddUrgent($"u{urgent++}");
                    _outbox.Advance(flight);
                    left.AddRange(bytes);
                    break;
            }
        }

        left.AddRange(DrainBytes(_outbox));
        var all = ServerFrames.Parse([.. left]);
        Assert.Equal(Enumerable.Range(0, ordered), all.Where(f => f[0] == 'o').Select(f => int.Parse(f[1..f.IndexOf(':')])));
        Assert.Equal(Enumerable.Range(0, urgent), all.Where(f => f[0] == 'u').Select(f => int.Parse(f[1..])));
    }

    private static byte[] DrainBytes(Outbox outbox)
    {
        var bytes = new byte[outbox.Bytes];
        Assert.Equal(bytes.Length, outbox.CopyTo(bytes));
        outbox.Advance(bytes.Length);
        return bytes;
    }

    private List<string> Drain() => ServerFrames.Parse(DrainBytes(_outbox));

    private void Add(string text)
    {
        var batch = Frames.Text(text);
        _outbox.Add(batch, 0, batch.Length, 1);
        batch.Release();
    }

    private void AddUrgent(string text)
    {
        var batch = Frames.Text(text);
        _outbox.AddUrgent(batch, isPong: false);
        batch.Release();
    }
}
