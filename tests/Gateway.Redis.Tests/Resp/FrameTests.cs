// The parser: every type, every way a stream may be cut, every bound, and what random bytes do to it.

using System.Text;
using Gateway.Redis.Resp;

namespace Gateway.Redis.Tests.Resp;

public sealed class FrameTests
{
    private const int Seed = 20_250;

    public static TheoryData<string, string> Samples => new()
    {
        { "+OK\r\n", "Text OK" },
        { "+\r\n", "Text " },
        { ":42\r\n", "Integer 42" },
        { ":-9223372036854775808\r\n", "Integer -9223372036854775808" },
        { "_\r\n", "null" },
        { "$-1\r\n", "null" },
        { "*-1\r\n", "null" },
        { "#t\r\n", "Boolean 1" },
        { "#f\r\n", "Boolean 0" },
        { ",1.5\r\n", "Double 1.5" },
        { ",-inf\r\n", "Double -Infinity" },
        { ",nan\r\n", "Double NaN" },
        { ",1e300\r\n", "Double 1E+300" },
        { "(3492890328409238509324850943850943825024385\r\n", "Text 3492890328409238509324850943850943825024385" },
        { "$0\r\n\r\n", "''" },
        { "$5\r\na\r\nb\n\r\n", "'a\r\nb\n'" },
        { "=8\r\ntxt:snow\r\n", "Text snow" },
        { "*0\r\n", "[]" },
        { "%0\r\n", "%[]" },
        { "*3\r\n:1\r\n$3\r\ntwo\r\n*1\r\n_\r\n", "[Integer 1 'two' [null]]" },
        { "%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n#t\r\n", "%[Text a Integer 1 Text b ~[Boolean 1]]" },
        { "-ERR no\r\n", "error Other ERR no" },
        { "!7\r\nOOM bad\r\n", "error OutOfMemory OOM bad" },
        { "*1\r\n-LOADING wait\r\n", "[error Loading LOADING wait]" },
        { "|1\r\n+ttl\r\n:5\r\n+late\r\n", "Text late" },
        { "|0\r\n:1\r\n", "Integer 1" },
        { "*2\r\n|1\r\n+ttl\r\n*1\r\n:5\r\n:1\r\n:2\r\n", "[Integer 1 Integer 2]" },
        { ">3\r\n$8\r\nsmessage\r\n$4\r\nroom\r\n$5\r\nhello\r\n", "push smessage room 'hello'" },
        { ">3\r\n$10\r\nssubscribe\r\n$4\r\nroom\r\n:1\r\n", "push ssubscribe room ''" },
        { "|1\r\n+a\r\n+b\r\n>3\r\n$8\r\nsmessage\r\n$1\r\nr\r\n$1\r\nx\r\n", "push smessage r 'x'" },
        { ">2\r\n+invalidate\r\n*1\r\n+a\r\n", "push of another kind" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_frame_is_read_however_it_is_cut(string sample, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(sample);
        Assert.Equal([expected], Frames.Read(bytes, _ => int.MaxValue));
        Assert.Equal([expected], Frames.Read(bytes, _ => 1));
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal([expected], Frames.Read(bytes, at => at == 0 ? cut : int.MaxValue));
            Assert.Empty(Frames.Read(bytes.AsSpan(0, cut), _ => int.MaxValue));
        }
    }

    [Fact]
    public void Frames_one_after_the_other_are_read_however_they_are_cut()
    {
        var samples = Samples.Select(row => (Sample: (string)row[0], Expected: (string)row[1])).ToList();
        var bytes = Encoding.Latin1.GetBytes(string.Concat(samples.Select(sample => sample.Sample)));
        var expected = samples.ConvertAll(sample => sample.Expected);
        foreach (var size in new[] { 1, 2, 3, 5, 7, 64, bytes.Length })
            Assert.Equal(expected, Frames.Read(bytes, _ => size));
        var random = new Random(Seed);
        for (var round = 0; round < 200; round++)
            Assert.Equal(expected, Frames.Read(bytes, _ => random.Next(1, 40)));
    }

    [Theory]
    [InlineData("$1001\r\n", "longer than the bound")]
    [InlineData("$999999999\r\n", "longer than the bound")]
    [InlineData("$99999999999999999999\r\n", "no number")]
    [InlineData("$-2\r\n", "no number")]
    [InlineData("$+1\r\n", "no number")]
    [InlineData("$\r\n", "no number")]
    [InlineData("$?\r\n", "no number")]
    [InlineData("$1\r\nab\r\n", "without CR LF")]
    [InlineData("=3\r\ntxt\r\n", "no format")]
    [InlineData("=-1\r\n", "no number")]
    [InlineData("*201\r\n", "more items")]
    [InlineData("%201\r\n", "more items")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "deeper than the bound")]
    [InlineData("*1\r\n>1\r\n+a\r\n", "no known type")]
    [InlineData(">0\r\n", "no number")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "no known type")]
    [InlineData(":1a\r\n", "not what its type says")]
    [InlineData(":\r\n", "not what its type says")]
    [InlineData(":9223372036854775808\r\n", "not what its type says")]
    [InlineData(",x\r\n", "not what its type says")]
    [InlineData("#x\r\n", "not what its type says")]
    [InlineData("_x\r\n", "not what its type says")]
    [InlineData("+a\n", "without CR LF")]
    [InlineData("\r\n", "without CR LF")]
    [InlineData("+a\rb\r\n", "not what its type says")]
    public void What_is_no_frame_or_too_large_is_malformed_and_says_why(string text, string fault)
    {
        var read = Assert.Single(Frames.Read(text));
        Assert.StartsWith("malformed", read, StringComparison.Ordinal);
        Assert.Contains(fault, read, StringComparison.Ordinal);
        Assert.Equal([read], Frames.Read(Encoding.Latin1.GetBytes(text), _ => 1));
    }

    [Fact]
    public void A_frame_that_is_within_every_bound_but_the_whole_is_malformed()
    {
        var text = "*5\r\n" + string.Concat(Enumerable.Repeat($"$900\r\n{new string('x', 900)}\r\n", 5));
        Assert.Contains("longer than the bound", Assert.Single(Frames.Read(text)), StringComparison.Ordinal);
        Assert.Single(Frames.Read(text, Frames.Limits with { Frame = 5000 }), line => line.StartsWith('['));
    }

    [Fact]
    public void Many_small_items_on_several_levels_count_together()
    {
        var text = "*150\r\n" + string.Concat(Enumerable.Repeat("*1\r\n:1\r\n", 150));
        Assert.Contains("more items", Assert.Single(Frames.Read(text)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_an_end_is_malformed_before_it_fills_the_memory()
    {
        var read = Frames.Read(new string('+', 70_000), Frames.Limits with { Frame = 1_000_000 });
        Assert.Equal(["malformed: a line has no end"], read);
    }

    [Fact]
    public void A_large_string_in_small_pieces_is_read_in_one_piece()
    {
        var limits = Frames.Limits with { Bulk = 2_000_000, Frame = 4_000_000 };
        var payload = new string('x', 1_500_000);
        var bytes = Encoding.Latin1.GetBytes($"$1500000\r\n{payload}\r\n:1\r\n");
        Assert.Equal([$"'{payload}'", "Integer 1"], Frames.Read(bytes, _ => 1460, limits));
    }

    [Fact]
    public void What_a_header_claims_costs_nothing()
    {
        var limits = new FrameLimits(16 << 20, 16, 64 << 20, 1 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
            Assert.Empty(Frames.Read("*1048576\r\n*1000000\r\n$16777216\r\nx", limits));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Random_bytes_end_as_malformed_or_wait_for_more_and_throw_nothing()
    {
        var random = new Random(Seed);
        ReadOnlySpan<byte> alphabet = "+-:_,#$=!*~%|>(0123456789\r\n\r\n\r\nt?ax"u8;
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = new byte[random.Next(1, 80)];
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = random.Next(10) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
            var whole = Frames.Read(bytes, _ => int.MaxValue);
            Assert.Equal(whole, Frames.Read(bytes, _ => random.Next(1, 9)));
        }
    }

    [Fact]
    public void Damaged_streams_end_as_malformed_or_as_other_replies_and_throw_nothing()
    {
        var random = new Random(Seed + 1);
        var stream = Encoding.Latin1.GetBytes(string.Concat(Samples.Select(row => (string)row[0])));
        var malformed = 0;
        for (var round = 0; round < 30_000; round++)
        {
            var bytes = (byte[])stream.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var whole = Frames.Read(bytes, _ => int.MaxValue);
            Assert.Equal(whole, Frames.Read(bytes, _ => random.Next(1, 60)));
            malformed += whole.Count > 0 && whole[^1].StartsWith("malformed", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.InRange(malformed, 1_000, 30_000);
    }
}
