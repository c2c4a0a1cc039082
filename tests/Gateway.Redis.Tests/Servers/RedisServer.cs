// A real redis-server of the distribution, on a free loopback port with a folder of its own, ended with the test.

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Redis.Tests.Servers;

internal sealed class RedisServer : IAsyncDisposable
{
    private const string Binary = "/usr/bin/redis-server";
    private const int SigStop = 19;
    private const int SigContinue = 18;

    private readonly string[] _arguments;
    private readonly string _folder;
    private readonly bool _isPlain;
    private Process? _process;

    private RedisServer(string[] arguments, bool isPlain)
    {
        _arguments = arguments;
        _isPlain = isPlain;
        _folder = Directory.CreateTempSubdirectory("gateway-redis-").FullName;
        Port = FreePort();
        BusPort = FreePort();
    }

    public int Port { get; }

    public int BusPort { get; }

    public string Folder => _folder;

    public RedisEndpoint Endpoint => new("127.0.0.1", Port);

    /// <param name="arguments">Appended; {port} and {bus} stand for the server's own.</param>
    public static async Task<RedisServer> Start(params string[] arguments)
    {
        Skip.IfNot(File.Exists(Binary), $"{Binary} is not installed.");
        var server = new RedisServer(arguments, isPlain: !arguments.Contains("--tls-port"));
        await server.Run();
        return server;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task Run()
    {
        var start = new ProcessStartInfo(Binary) { RedirectStandardOutput = true, WorkingDirectory = _folder };
        string[] all = [.. _isPlain ? ["--port", "{port}"] : Array.Empty<string>(), "--bind", "127.0.0.1", "--save", "", "--dir", _folder, "--logfile", "server.log", .. _arguments];
        foreach (var argument in all)
            start.ArgumentList.Add(argument.Replace("{port}", $"{Port}", StringComparison.Ordinal).Replace("{bus}", $"{BusPort}", StringComparison.Ordinal).Replace("{folder}", _folder, StringComparison.Ordinal));
        _process = Process.Start(start)!;
        await Until.Holds("the server accepts connections", Accepts, () => $"exited: {_process.HasExited}");
    }

    public async Task Kill()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public void Pause() => Assert.Equal(0, Signal(_process!.Id, SigStop));

    public void Continue() => Assert.Equal(0, Signal(_process!.Id, SigContinue));

    /// <summary>Asks over a connection of its own, in the inline form.</summary>
    public string Ask(string line)
    {
        using var client = new TcpClient("127.0.0.1", Port);
        using var stream = client.GetStream();
        stream.Write(Encoding.ASCII.GetBytes(line + "\r\n"));
        var bytes = new byte[65_536];
        return Encoding.ASCII.GetString(bytes, 0, stream.Read(bytes));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Accepts()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return !_isPlain || !Ask("PING").Contains("LOADING", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int pid, int signal);
}
