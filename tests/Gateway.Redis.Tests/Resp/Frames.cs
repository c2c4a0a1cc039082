// Runs bytes through scanner and reader as a connection does, in pieces of any size, and writes replies down so that they can be compared.

using System.Text;
using Gateway.Redis.Resp;

namespace Gateway.Redis.Tests.Resp;

internal static class Frames
{
    public static readonly FrameLimits Limits = new(Bulk: 1000, Depth: 6, Frame: 4000, Items: 200);

    /// <summary>What came out: replies and pushes written down, and the fault that ended it, if one did.</summary>
    public static List<string> Read(ReadOnlySpan<byte> bytes, Func<int, int> pieceAt, FrameLimits? limits = null)
    {
        var scanner = new FrameScanner(limits ?? Limits);
        using var buffer = new ReceiveBuffer();
        var read = new List<string>();
        for (var at = 0; at < bytes.Length;)
        {
            var piece = bytes.Slice(at, Math.Clamp(pieceAt(at), 1, bytes.Length - at));
            var free = buffer.Free().Span;
            piece = piece[..Math.Min(piece.Length, free.Length)];
            piece.CopyTo(free);
            buffer.Received(piece.Length);
            at += piece.Length;
            while (true)
            {
                var result = scanner.Scan(buffer.Unread);
                if (result == ScanResult.More)
                    break;
                if (result == ScanResult.Malformed)
                {
                    read.Add($"malformed: {scanner.Fault}");
                    return read;
                }

                var frame = buffer.Unread[scanner.ValueStart..scanner.Length];
                read.Add(frame[0] == '>' ? Push(frame) : Write(ReplyReader.Read(frame)));
                buffer.Skip(scanner.Length);
            }
        }

        return read;
    }

    public static List<string> Read(string text, FrameLimits? limits = null) => Read(Encoding.Latin1.GetBytes(text), _ => int.MaxValue, limits);

    public static string Write(RedisReply reply)
    {
        var items = new List<string>();
        foreach (var item in reply.Items)
            items.Add(Write(item));
        return reply.Kind switch
        {
            RedisKind.Null => "null",
            RedisKind.Array => $"[{string.Join(' ', items)}]",
            RedisKind.Map => $"%[{string.Join(' ', items)}]",
            RedisKind.Set => $"~[{string.Join(' ', items)}]",
            RedisKind.Blob => $"'{Encoding.Latin1.GetString(reply.Blob.Span)}'",
            RedisKind.Error => $"error {reply.Error!.Code} {reply.Text}",
            _ => $"{reply.Kind} {reply.Text}",
        };
    }

    private static string Push(ReadOnlySpan<byte> frame) => PushFrame.TryRead(frame, out var push)
        ? $"push {Encoding.Latin1.GetString(push.Kind)} {Encoding.Latin1.GetString(push.Channel)} '{Encoding.Latin1.GetString(push.Payload)}'"
        : "push of another kind";
}
