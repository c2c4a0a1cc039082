// What the client does with a peer that closes, stays silent, answers late, talks rubbish or says that something has changed.

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Gateway.Redis.Tests.Fakes;

namespace Gateway.Redis.Tests;

public sealed class MisbehaviourTests
{
    private static readonly RedisCommand Echo = RedisCommand.Of("ECHO", "hello");

    private static RedisOptions Quick(FakeRedis server) => new() { Seeds = [server.Endpoint], CommandTimeoutMs = 300, ConnectTimeoutMs = 500 };

    private static Caller Publish(RedisClient client, RedisCommand command)
    {
        var caller = new Caller();
        client.Send(0, RedisPurpose.Publishes, command, caller);
        return caller;
    }

    [Theory]
    [InlineData("$100\r\nhalf a reply", "closed the connection")]
    [InlineData("", "closed the connection")]
    public async Task A_connection_closed_in_the_middle_leaves_the_command_unknown_and_is_made_again(string before, string reason)
    {
        await using var server = new FakeRedis();
        var (guest, log) = (new Guest(), new RecordingLog());
        await using var client = await Clients.Connected(Quick(server), guest, log);
        server.Answer = (connection, command) =>
        {
            if (command[0] != "ECHO")
                return null;
            connection.Write(before);
            connection.Close();
            return "";
        };
        Assert.Equal("Unknown", await Until.Done("it fails", Publish(client, Echo).Heard));
        server.Answer = (_, _) => null;
        await Until.Holds("it is up again", () => guest.Ups == 2, guest.ToString);
        Assert.Equal("hello", await Until.Done("it is answered", Publish(client, Echo).Heard));
        Assert.Contains(reason, log.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rubbish\r\n", "no known type")]
    [InlineData("$999999999\r\n", "longer than the bound")]
    [InlineData("*1048577\r\n", "more items")]
    [InlineData(":12x\r\n", "not what its type says")]
    [InlineData("+one\r\n+two too many\r\n", "nobody asked for")]
    public async Task A_peer_that_talks_rubbish_is_dropped_and_the_log_says_why(string rubbish, string reason)
    {
        await using var server = new FakeRedis();
        var (guest, log) = (new Guest(), new RecordingLog());
        await using var client = await Clients.Connected(Quick(server), guest, log);
        server.Answer = (_, command) => command[0] == "ECHO" ? rubbish : null;
        var caller = Publish(client, Echo);
        await Until.Done("it is told", caller.Heard);
        await Until.Holds("it is dropped", () => guest.Downs == 1);
        Assert.Contains(reason, log.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, caller.Times);
    }

    [Fact]
    public async Task A_command_without_an_answer_is_unknown_after_its_deadline_and_a_late_answer_is_nobodys()
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = await Clients.Connected(Quick(server), guest);
        FakeConnection? silent = null;
        server.Answer = (connection, command) => command[0] == "ECHO" && Interlocked.CompareExchange(ref silent, connection, null) is null ? "" : null;
        var watch = Stopwatch.StartNew();
        Assert.Equal("Unknown", await Until.Done("it fails", Publish(client, Echo).Heard));
        Assert.InRange(watch.ElapsedMilliseconds, 280, 1200);
        try
        {
            silent!.Write("$4\r\nlate\r\n");
        }
        catch (IOException)
        {
            // The client has closed it, which is what the late answer is up against.
        }

        await Until.Holds("it is up again", () => guest.Ups == 2, guest.ToString);
        Assert.Equal("hello", await Until.Done("it is answered", Publish(client, Echo).Heard));
    }

    [Fact]
    public async Task What_was_written_behind_the_silent_one_is_unknown_and_in_order()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        server.Answer = (_, command) => command[0] == "ECHO" ? "" : null;
        var order = new ConcurrentQueue<string>();
        var callers = Enumerable.Range(0, 100).Select(i => new Caller($"{i} ", order)).ToList();
        foreach (var caller in callers)
            client.Send(0, RedisPurpose.Publishes, Echo, caller);
        await Until.Done("all are told", Task.WhenAll(callers.Select(caller => caller.Heard)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i} Unknown"), order);
    }

    [Fact]
    public async Task A_command_with_a_longer_deadline_holds_up_those_behind_it_and_fails_none()
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = await Clients.Connected(Quick(server) with { CommandTimeoutMs = 1000 }, guest);
        server.Answer = (_, command) =>
        {
            // The one behind is answered long after its own deadline, counted from when it was sent, but soon after the slow one.
            Thread.Sleep(command[0] switch { "WAIT" => 1500, "ECHO" => 400, _ => 0 });
            return command[0] == "WAIT" ? ":1\r\n" : null;
        };
        var wait = Publish(client, RedisCommand.Of("WAIT", 1, 2000).Within(5000));
        var behind = Publish(client, Echo);
        Assert.Equal("1", await Until.Done("it is answered", wait.Heard));
        Assert.Equal("hello", await Until.Done("it is answered", behind.Heard));
        Assert.Equal(0, guest.Downs);
    }

    [Fact]
    public async Task Pushes_between_replies_change_nothing_about_whose_reply_it_is()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        server.Answer = (_, command) => command[0] == "ECHO"
            ? FakeRedis.Push("smessage", "room", "x") + FakeRedis.Blob(command[1]) + ">2\r\n+invalidate\r\n_\r\n" + FakeRedis.Push("sunsubscribe", "room", "0")
            : null;
        var callers = Enumerable.Range(0, 500).Select(i => Publish(client, RedisCommand.Of("ECHO", $"n{i}"))).ToList();
        var heard = await Until.Done("all are answered", Task.WhenAll(callers.Select(caller => caller.Heard)));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"n{i}"), heard);
    }

    [Theory]
    [InlineData("-TRYAGAIN later\r\n")]
    [InlineData("-LOADING later\r\n")]
    [InlineData("-CLUSTERDOWN later\r\n")]
    [InlineData("-READONLY later\r\n")]
    [InlineData("-MASTERDOWN later\r\n")]
    public async Task A_call_waits_out_what_passes(string passing)
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server) with { CommandTimeoutMs = 3000 });
        var left = 2;
        server.Answer = (_, command) => command[0] == "ECHO" && Interlocked.Decrement(ref left) >= 0 ? passing : null;
        Assert.Equal("hello", (await client.Call(0, Echo)).Text);
    }

    [Theory]
    [InlineData("-OOM command not allowed\r\n", RedisErrorCode.OutOfMemory)]
    [InlineData("-NOREPLICAS Not enough good replicas to write.\r\n", RedisErrorCode.NoReplicas)]
    [InlineData("-ERR Function not found\r\n", RedisErrorCode.NoScript)]
    [InlineData("-NOPERM this user\r\n", RedisErrorCode.NoPermission)]
    [InlineData("-MISCONF errors writing to disk\r\n", RedisErrorCode.Misconfigured)]
    public async Task A_call_hands_on_what_does_not_pass_by_itself(string error, RedisErrorCode code)
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = await Clients.Connected(Quick(server), guest);
        server.Answer = (_, command) => command[0] == "ECHO" ? error : null;
        Assert.Equal(code, (await client.Call(0, Echo)).Error!.Code);
        Assert.Single(server.Received, line => line.Contains("ECHO", StringComparison.Ordinal));
        Assert.Equal(0, guest.Downs);
    }

    [Fact]
    public async Task A_call_gives_up_at_its_deadline_with_the_latest_error()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        server.Answer = (_, command) => command[0] == "ECHO" ? "-TRYAGAIN later\r\n" : null;
        var watch = Stopwatch.StartNew();
        Assert.Equal(RedisErrorCode.TryAgain, (await client.Call(0, Echo)).Error!.Code);
        Assert.InRange(watch.ElapsedMilliseconds, 100, 1000);
    }

    [Fact]
    public async Task A_call_whose_answer_is_lost_is_not_sent_again()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        server.Answer = (_, command) => command[0] == "ECHO" ? "" : null;
        Assert.Equal(RedisErrorCode.Lost, (await client.Call(0, Echo)).Error!.Code);
        Assert.Single(server.Received, line => line.Contains("ECHO", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_primary_that_refuses_writes_answers_what_it_has_and_gets_no_more()
    {
        await using var server = new FakeRedis();
        var guest = new Guest();
        await using var client = await Clients.Connected(Quick(server), guest);
        server.Answer = (_, command) => command[0] == "ECHO" ? "-READONLY You can't write against a read only replica.\r\n" : null;
        var commands = Enumerable.Repeat(Echo, 50).ToArray();
        var callers = commands.Select(_ => new Caller()).ToArray();
        client.SendAll(0, RedisPurpose.Publishes, commands, callers);
        await Until.Done("all are told", Task.WhenAll(callers.Select(caller => caller.Heard)));
        Assert.All(callers, caller => Assert.Equal(RedisErrorCode.ReadOnly, caller.Reply.Error!.Code));
        await Until.Holds("it is dropped", () => guest.Downs == 1);
    }

    [Fact]
    public async Task Asking_goes_before_each_command_and_nothing_comes_between()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        var error = new RedisError(RedisErrorCode.Ask, "ASK", 0, server.Endpoint);
        Caller[] callers = [new(), new()];
        client.AskingAll(error, RedisPurpose.Publishes, [Echo, RedisCommand.Of("ECHO", "again")], callers);
        Assert.Equal(["hello", "again"], await Until.Done("both are answered", Task.WhenAll(callers.Select(caller => caller.Heard))));
        Assert.Equal(["ASKING", "ECHO hello", "ASKING", "ECHO again"], server.Received.Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
    }

    [Fact]
    public async Task A_redirect_without_a_host_means_the_host_that_sent_it()
    {
        await using var server = new FakeRedis { Answer = (_, command) => command[0] == "ECHO" ? "-MOVED 7 :7777\r\n" : null };
        await using var client = await Clients.Connected(Quick(server));
        var caller = Publish(client, Echo);
        await Until.Done("it is answered", caller.Heard);
        Assert.Equal(new RedisEndpoint("127.0.0.1", 7777), caller.Reply.Error!.Endpoint);
    }

    [Fact]
    public async Task A_caller_that_throws_harms_no_other()
    {
        await using var server = new FakeRedis();
        var (guest, log) = (new Guest(), new RecordingLog());
        await using var client = await Clients.Connected(Quick(server), guest, log);
        client.Send(0, RedisPurpose.Publishes, Echo, new ThrowingCaller());
        Assert.Equal("hello", await Until.Done("the next is answered", Publish(client, Echo).Heard));
        Assert.Contains("thrown by a caller", log.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, guest.Downs);
    }

    [Fact]
    public async Task A_disposed_client_fails_whatever_is_under_way()
    {
        await using var server = new FakeRedis();
        var client = await Clients.Connected(Quick(server) with { CommandTimeoutMs = 60_000 });
        server.Answer = (_, command) => command[0] == "ECHO" ? "" : null;
        var publish = Publish(client, Echo);
        await Until.Holds("it was written", () => !server.Received.IsEmpty);
        await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal("Unknown", await Until.Done("it is told", publish.Heard));
        Assert.Equal("NotSent", await Until.Done("it is refused", Publish(client, Echo).Heard));
        await Until.Holds("no connection is left", () => !server.Open.Any());
    }

    [Fact]
    public async Task Every_bound_refuses_what_is_beyond_it_and_nothing_else()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server) with { MaxInFlight = 10, CommandTimeoutMs = 60_000 });
        server.Answer = (_, command) => command[0] == "ECHO" ? "" : null;
        var callers = Enumerable.Range(0, 12).Select(_ => Publish(client, Echo)).ToList();
        Assert.Equal("Busy", await callers[10].Heard);
        Assert.Equal("Busy", await callers[11].Heard);
        Assert.All(callers.Take(10), caller => Assert.False(caller.Heard.IsCompleted));
        await Until.Holds("ten were written", () => server.Received.Count == 10);
        foreach (var connection in server.Open)
            connection.Write("");
        server.Open.Single(connection => server.Received.First().StartsWith($"{connection.Number}:", StringComparison.Ordinal)).Write("+one\r\n");
        Assert.Equal("one", await Until.Done("one is answered", callers[0].Heard));
        await Until.Holds("there is room for one", () => !Publish(client, Echo).Heard.IsCompleted);
    }

    [Fact]
    public async Task Bytes_that_wait_to_be_written_are_bounded()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server) with { MaxQueuedBytes = 1_000_000, CommandTimeoutMs = 10_000 });
        var large = RedisCommand.Of("SET", "a", new byte[600_000]);
        Caller[] callers = [new(), new()];
        client.SendAll(0, RedisPurpose.Publishes, [large, large], callers);
        Assert.Equal(["Busy", "Busy"], await Task.WhenAll(callers.Select(caller => caller.Heard)));
        for (var round = 0; round < 5; round++)
            Assert.Equal("OK", await Until.Done("one alone has room, again and again", Publish(client, large).Heard));
    }

    [Fact]
    public async Task A_command_carries_bytes_as_they_are()
    {
        await using var server = new FakeRedis();
        await using var client = await Clients.Connected(Quick(server));
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var reply = await client.Call(0, RedisCommand.Of("ECHO", bytes));
        Assert.Equal(Encoding.Latin1.GetString(bytes), Encoding.Latin1.GetString(reply.Blob.Span));
    }

    private sealed class ThrowingCaller : IRedisCaller
    {
        public void Completed(in RedisReply reply) => throw new InvalidOperationException("thrown by a caller");

        public void Failed(RedisFailure failure) => throw new InvalidOperationException("thrown by a caller");
    }
}
