// A server that speaks RESP3 over a real socket and misbehaves as a test says. By default it is a healthy primary that knows a few commands.

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Redis.Tests.Fakes;

internal sealed class FakeRedis : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, FakeConnection> _open = new();
    private readonly Task _accepting;
    private int _connections;

    public FakeRedis()
    {
        _listener.Start();
        _accepting = Accept();
    }

    public RedisEndpoint Endpoint => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    public string RunId { get; set; } = new('a', 40);

    public string Info { get; set; } = "redis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n";

    public string Hello { get; set; } = "%2\r\n+server\r\n+redis\r\n+mode\r\n+standalone\r\n";

    public bool IsRefusing { get; set; }

    /// <summary>How many connections there ever were.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Every command but those of the handshake, with the number of its connection.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    public IEnumerable<FakeConnection> Open => _open.Values;

    /// <summary>The raw answer; empty: none at all; null: as a healthy server would.</summary>
    public Func<FakeConnection, string[], string?> Answer { get; set; } = (_, _) => null;

    public static string Blob(string text) => $"${text.Length}\r\n{text}\r\n";

    public static string Verbatim(string text) => $"={text.Length + 4}\r\ntxt:{text}\r\n";

    public static string Push(params string[] parts) => $">{parts.Length}\r\n{string.Concat(parts.Select(part => int.TryParse(part, out _) ? $":{part}\r\n" : Blob(part)))}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var connection in _open.Values)
            connection.Close();
        await _accepting;
        _stop.Dispose();
    }

    public string Respond(FakeConnection connection, string[] command)
    {
        var isHandshake = command[0] is "HELLO" or "INFO" or "PING";
        if (!isHandshake)
            Received.Enqueue($"{connection.Number}: {string.Join(' ', command)}");
        return Answer(connection, command) ?? command[0] switch
        {
            "HELLO" => Hello,
            "INFO" => Verbatim($"run_id:{RunId}\r\n{Info}"),
            "PING" => "+PONG\r\n",
            "ECHO" => Blob(command[1]),
            "SSUBSCRIBE" => Push("ssubscribe", command[1], "1"),
            "SUNSUBSCRIBE" => Push("sunsubscribe", command[1], "0"),
            "CLUSTER" => "-ERR This instance has cluster support disabled\r\n",
            _ => "+OK\r\n",
        };
    }

    private async Task Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                client.NoDelay = true;
                if (IsRefusing)
                {
                    client.Close();
                    continue;
                }

                var connection = new FakeConnection(this, client, Interlocked.Increment(ref _connections));
                _open[connection.Number] = connection;
                _ = connection.Serve().ContinueWith(_ => _open.TryRemove(connection.Number, out FakeConnection? _), TaskScheduler.Default);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
