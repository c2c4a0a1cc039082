// PROTOCOL §9: NDJSON, of any length, backpressured.

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.Actors.Engine;
using Gateway.Host.Api;
using Gateway.Host.Tests.Doubles;
using Gateway.Host.Tests.Transport;

namespace Gateway.Host.Tests.Api;

public sealed class LinesTests : IAsyncLifetime
{
    private BackendServer _server = null!;

    public async Task InitializeAsync() => _server = await BackendServer.Start("Development", null, "Gateway:Limits:FrameBytes=1024");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Lines_are_counted_and_errors_named_by_line()
    {
        var lines = "{\"type\":\"a\"}\n{broken\n\n{\"id\":5}\r\n{\"type\":\"gw.x\"}\n  \n{\"type\":\"b\"}\r\n[]";
        Assert.Equal(
            """{"accepted":2,"rejected":4,"errors":[{"line":2,"code":"bad_json"},{"line":4,"code":"bad_frame","field":"id"},{"line":5,"code":"reserved_type","field":"type"},{"line":8,"code":"bad_frame"}]}""",
            await Send(lines));
        Assert.Equal(["a", "b"], _server.Engine.Published.Select(publication => publication.Event.Type));
    }

    [Fact]
    public async Task A_line_over_the_frame_limit_is_passed_over_by_its_number()
    {
        var fits = $$"""{"p":"{{new string('x', 1024 - 8)}}"}""";
        Assert.Equal(1024, fits.Length);
        var over = fits.Insert(6, "x");
        var huge = new string('x', 300_000);
        Assert.Equal(
            """{"accepted":3,"rejected":3,"errors":[{"line":2,"code":"limit"},{"line":4,"code":"limit"},{"line":6,"code":"limit"}]}""",
            await Send(string.Join('\n', fits, over, fits + "\r", huge, "{}", huge)));
    }

    [Fact]
    public async Task Only_the_first_hundred_errors_are_listed()
    {
        var answer = JsonDocument.Parse(await Send(string.Join('\n', Enumerable.Repeat("{", 250)))).RootElement;
        Assert.Equal(250, answer.GetProperty("rejected").GetInt32());
        Assert.Equal(100, answer.GetProperty("errors").GetArrayLength());
        Assert.Equal(100, answer.GetProperty("errors")[99].GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task An_empty_body_is_no_lines() => Assert.Equal("""{"accepted":0,"rejected":0,"errors":[]}""", await Send(""));

    [Fact]
    public async Task No_more_than_the_window_is_in_flight_and_the_order_is_kept()
    {
        _server.Engine.Holds = true;
        var count = LinesPublisher.InFlight * 3;
        var sending = Send(string.Join('\n', Enumerable.Range(0, count).Select(n => $$"""{"type":"t{{n}}"}""")));
        await Patience.Until("the window to be full", () => _server.Engine.HeldCount == LinesPublisher.InFlight);
        for (var released = 1; released <= count; released++)
        {
            var expected = Math.Min(count, LinesPublisher.InFlight + released);
            _server.Engine.ReleaseOne();
            await Patience.Until("the next line", () => _server.Engine.Published.Count == expected, () => _server.Engine.Published.Count);
            Assert.True(_server.Engine.HeldCount <= LinesPublisher.InFlight);
        }

        Assert.StartsWith($"{{\"accepted\":{count},", await sending, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, count).Select(n => "t" + n), _server.Engine.Published.Select(publication => publication.Event.Type));
    }

    [Fact]
    public async Task A_body_that_no_one_takes_is_not_read_on()
    {
        _server.Engine.Holds = true;
        using var body = new EndlessLines();
        using var stop = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/rooms/a/events") { Content = new StreamContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        var sending = _server.Client.SendAsync(request, stop.Token);
        await Patience.Until("the window to be full", () => _server.Engine.HeldCount == LinesPublisher.InFlight);

        // What the sockets and Kestrel hold between them; without backpressure the source has no end.
        var before = -1L;
        await Patience.Until("the source to stand still", () =>
        {
            var stands = before == body.Given;
            before = body.Given;
            Thread.Sleep(30);
            return stands;
        });
        Assert.True(body.Given < 64L * 1024 * 1024, $"{body.Given} bytes were taken in");
        Assert.Equal(LinesPublisher.InFlight, _server.Engine.Published.Count);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task A_full_queue_is_waited_out()
    {
        var refusals = 2;
        _server.Engine.OnPublish = _ => refusals-- > 0
            ? new PublishOutcome(PublishStatus.Busy)
            : new PublishOutcome(PublishStatus.Stored, 1, "k1", EngineDouble.TimestampMs);
        Assert.StartsWith("{\"accepted\":1,", await Send("{}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_is_away_rejects_the_lines()
    {
        _server.Engine.OnPublish = _ => new PublishOutcome(PublishStatus.Degraded);
        Assert.Equal("""{"accepted":0,"rejected":1,"errors":[{"line":1,"code":"degraded"}]}""", await Send("{}"));
    }

    private async Task<string> Send(string lines)
    {
        var answer = await _server.Post("/v1/rooms/a/events", lines, "application/x-ndjson");
        Assert.True(answer.IsSuccessStatusCode, answer.ToString());
        return await answer.Content.ReadAsStringAsync();
    }

    private sealed class EndlessLines : Stream
    {
        private static readonly byte[] Line = Encoding.UTF8.GetBytes("{\"pad\":\"" + new string('x', 900) + "\"}\n");
        private long _given;

        public long Given => Interlocked.Read(ref _given);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => Given;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            for (var i = 0; i < count; i++)
                buffer[offset + i] = Line[(int)((_given + i) % Line.Length)];
            Interlocked.Add(ref _given, count);
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
