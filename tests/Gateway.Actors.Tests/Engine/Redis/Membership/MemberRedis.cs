// A real redis-server for the tests of membership: one for all of them, emptied before each.

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Membership;

[CollectionDefinition(Name)]
public sealed class MemberRedisCollection : ICollectionFixture<MemberRedis>
{
    public const string Name = "membership on Redis";
}

public sealed class MemberRedis : IAsyncLifetime
{
    private const string Binary = "/usr/bin/redis-server";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-members-");
    private Process? _process;

    public RedisEndpoint Endpoint { get; } = new("127.0.0.1", FreePort());

    public async Task InitializeAsync()
    {
        if (!File.Exists(Binary))
            return;
        string[] arguments =
        [
            "--port", $"{Endpoint.Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.FullName, "--logfile", "server.log",
        ];
        var start = new ProcessStartInfo(Binary) { WorkingDirectory = _folder.FullName };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        await MemberLab.Until("the server listens", Listens);
    }

    public void Require() => Skip.If(_process is null, $"{Binary} is not installed.");

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private bool Listens()
    {
        try
        {
            using var client = new TcpClient(Endpoint.Host, Endpoint.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
