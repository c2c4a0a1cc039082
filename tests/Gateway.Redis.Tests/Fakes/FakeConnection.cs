// One connection to a fake server: reads commands in order, writes what the server answers, and whatever a test wants besides.

using System.Net.Sockets;
using System.Text;

namespace Gateway.Redis.Tests.Fakes;

internal sealed class FakeConnection(FakeRedis server, TcpClient client, int number)
{
    private readonly Lock _lock = new();
    private readonly NetworkStream _stream = client.GetStream();

    public int Number => number;

    /// <summary>What else a test keeps of it.</summary>
    public bool IsSubscribed { get; private set; }

    public void Write(string raw)
    {
        lock (_lock)
            _stream.Write(Encoding.Latin1.GetBytes(raw));
    }

    public void Close() => client.Close();

    public async Task Serve()
    {
        try
        {
            using var reader = new StreamReader(_stream, Encoding.Latin1, false, 65_536);
            while (await Read(reader) is { } command)
            {
                IsSubscribed |= command[0] == "SSUBSCRIBE";
                var answer = server.Respond(this, command);
                if (answer.Length > 0)
                    Write(answer);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed, by the one side or the other.
        }
        finally
        {
            client.Dispose();
        }
    }

    private static async Task<string[]?> Read(StreamReader reader)
    {
        if (await reader.ReadLineAsync() is not { } header)
            return null;
        var command = new string[int.Parse(header[1..], null)];
        for (var i = 0; i < command.Length; i++)
        {
            var text = new char[int.Parse((await reader.ReadLineAsync())![1..], null) + 2];
            await reader.ReadBlockAsync(text);
            command[i] = new string(text, 0, text.Length - 2);
        }

        return command;
    }
}
