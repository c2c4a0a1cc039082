// One connection for as long as it lasts: the socket, its bytes in and out. First the handshake asks and waits, then one reader reads and one
// flusher writes. The first reason for its end stays its reason.

using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Redis.Resp;

namespace Gateway.Redis.Connections;

internal sealed class Link(Socket socket, Stream stream, RedisEndpoint endpoint, FrameLimits limits, TimeProvider time) : IDisposable
{
    private readonly FrameScanner _scanner = new(limits);
    private readonly ReceiveBuffer _received = new();
    private string? _reason;
    private long _lastReceived = time.GetTimestamp();

    public RedisEndpoint Endpoint => endpoint;

    /// <summary>Timestamp of the latest bytes that came.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Asks and waits for the answer: for the handshake, before the reader runs.</summary>
    public async Task<RedisReply> Ask(RedisCommand command, CancellationToken ct)
    {
        var bytes = new byte[command.Length];
        command.CopyTo(bytes, default);
        try
        {
            await stream.WriteAsync(bytes, ct).ConfigureAwait(false);
            while (true)
            {
                if (TryReadReply(out var reply))
                    return reply;
                if (await Receive(ct).ConfigureAwait(false) == 0)
                    throw new LinkException($"{endpoint} closed the connection during the handshake");
            }
        }
        catch (Exception exception) when (IsOfConnection(exception))
        {
            throw new LinkException($"{endpoint}: {Reason ?? exception.Message}", exception);
        }
    }

    /// <summary>Reads until the end; returns why it ended.</summary>
    public async Task<string> Read(ILinkReader reader)
    {
        try
        {
            while (Deliver(reader))
            {
                if (await Receive(CancellationToken.None).ConfigureAwait(false) == 0)
                    Abort("Redis closed the connection");
            }
        }
        catch (Exception exception) when (IsOfConnection(exception))
        {
            Abort(exception.Message);
        }
        finally
        {
            _received.Dispose();
        }

        return Reason ?? "the connection ended";
    }

    public async ValueTask<bool> Write(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.WriteAsync(bytes).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (IsOfConnection(exception))
        {
            Abort(exception.Message);
            return false;
        }
    }

    /// <summary>Ends the connection; the reader comes back soon after.</summary>
    public void Abort(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        socket.Dispose();
    }

    public void Dispose()
    {
        Abort("the client let go of it");
        stream.Dispose();
    }

    internal static bool IsOfConnection(Exception exception) => exception
        is IOException or SocketException or ObjectDisposedException or AuthenticationException or InvalidOperationException;

    private async ValueTask<int> Receive(CancellationToken ct)
    {
        var count = await stream.ReadAsync(_received.Free(), ct).ConfigureAwait(false);
        _received.Received(count);
        Volatile.Write(ref _lastReceived, time.GetTimestamp());
        return count;
    }

    private bool Deliver(ILinkReader reader)
    {
        while (Reason is null)
        {
            var result = _scanner.Scan(_received.Unread);
            if (result == ScanResult.More)
                return true;
            if (result == ScanResult.Malformed)
            {
                Abort($"malformed: {_scanner.Fault}");
                break;
            }

            var frame = _received.Unread[_scanner.ValueStart.._scanner.Length];
            if (frame[0] == '>')
                reader.Push(this, frame);
            else if (!reader.Reply(this, ReplyReader.Read(frame)))
                break;
            _received.Skip(_scanner.Length);
        }

        return false;
    }

    private bool TryReadReply(out RedisReply reply)
    {
        reply = default;
        while (true)
        {
            var result = _scanner.Scan(_received.Unread);
            if (result == ScanResult.More)
                return false;
            if (result == ScanResult.Malformed)
                throw new LinkException($"{endpoint} does not answer as Redis does: {_scanner.Fault}");
            var frame = _received.Unread[_scanner.ValueStart.._scanner.Length];
            var isReply = frame[0] != '>';
            if (isReply)
                reply = ReplyReader.Read(frame);
            _received.Skip(_scanner.Length);
            if (isReply)
                return true;
        }
    }
}
