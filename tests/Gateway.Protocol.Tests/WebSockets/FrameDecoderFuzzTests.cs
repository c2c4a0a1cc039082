// Random frames, whole and broken, in random pieces: the same outcomes whatever the split, and never an exception.

using Gateway.Protocol.WebSockets;

namespace Gateway.Protocol.Tests.WebSockets;

public sealed class FrameDecoderFuzzTests
{
    private const int Limit = 600;
    private const int Streams = 20_000;

    [Fact]
    public void The_same_bytes_mean_the_same_however_they_are_split()
    {
        var messages = 0;
        for (var seed = 0; seed < Streams; seed++)
        {
            var random = new Random(seed);
            var stream = MakeStream(random);
            var whole = Read(stream, () => stream.Length);
            var bytewise = Read(stream, () => 1);
            var split = Read(stream, () => random.Next(1, 40));
            messages += whole.Count;
            Assert.True(whole.SequenceEqual(bytewise), $"seed {seed}: byte by byte\n{Show(whole)}\n{Show(bytewise)}");
            Assert.True(whole.SequenceEqual(split), $"seed {seed}: in pieces\n{Show(whole)}\n{Show(split)}");
        }

        Assert.True(messages > Streams, $"only {messages} messages were found");
    }

    [Fact]
    public void Sound_messages_come_out_as_they_were_sent()
    {
        for (var seed = 0; seed < Streams; seed++)
        {
            var random = new Random(seed);
            var sent = new List<string>();
            var stream = new List<byte>();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                var text = new string('é', random.Next(0, Limit / 2));
                sent.Add($"text {text}");
                AppendFragments(stream, random, System.Text.Encoding.UTF8.GetBytes(text));
            }

            var found = Read([.. stream], () => random.Next(1, 300)).Where(f => !f.StartsWith("Ping", StringComparison.Ordinal));
            Assert.True(sent.SequenceEqual(found), $"seed {seed}");
        }
    }

    private static void AppendFragments(List<byte> stream, Random random, byte[] payload)
    {
        var opcode = Opcode.Text;
        var at = 0;
        while (true)
        {
            var length = random.Next(3) == 0 ? payload.Length - at : random.Next(0, payload.Length - at + 1);
            var final = at + length == payload.Length && random.Next(2) == 0;
            stream.AddRange(ClientFrames.Frame(opcode, payload.AsSpan(at, length), final, (uint)random.Next()));
            if (final)
                return;
            if (random.Next(4) == 0)
                stream.AddRange(ClientFrames.Frame(Opcode.Ping, new byte[random.Next(126)]));
            at += length;
            opcode = Opcode.Continuation;
        }
    }

    private static byte[] MakeStream(Random random)
    {
        var stream = new List<byte>();
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            var payload = new byte[random.Next(4) == 0 ? random.Next(Limit + 2) : random.Next(20)];
            if (random.Next(10) == 0)
                random.NextBytes(payload);
            else
                payload.AsSpan().Fill((byte)'x');
            stream.AddRange(random.Next(8) switch
            {
                0 => ClientFrames.Frame((byte)random.Next(16), payload, random.Next(2) == 0),
                1 => ClientFrames.Frame(Opcode.Ping, payload.AsSpan(0, Math.Min(payload.Length, 125))),
                2 => ClientFrames.Frame(Opcode.Binary, payload),
                3 => [.. ClientFrames.Frame(Opcode.Text, payload, final: false), .. ClientFrames.Frame(Opcode.Continuation, payload.AsSpan(0, payload.Length / 2))],
                _ => ClientFrames.Frame(Opcode.Text, payload),
            });
        }

        byte[] bytes = [.. stream];
        if (random.Next(3) == 0)
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        return bytes;
    }

    private static List<string> Read(byte[] stream, Func<int> next)
    {
        using var reader = new ReaderBuffer(Limit);
        for (var at = 0; at < stream.Length;)
        {
            var length = Math.Min(next(), stream.Length - at);
            reader.Receive(stream.AsSpan(at, length));
            at += length;
        }

        return reader.Found;
    }

    private static string Show(List<string> found) => string.Join(" | ", found);
}
