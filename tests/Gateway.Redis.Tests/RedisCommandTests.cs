// Commands as they are encoded, and the slots of keys.

using System.Text;

namespace Gateway.Redis.Tests;

public sealed class RedisCommandTests
{
    private static readonly byte[] RunId = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef01234567");

    [Fact]
    public void A_command_is_an_array_of_strings()
    {
        var command = RedisCommand.Of("SET", "ключ", -12, new byte[] { 0, 13, 10 });
        Assert.Equal("*4\r\n$3\r\nSET\r\n$8\r\nключ\r\n$3\r\n-12\r\n$3\r\n\0\r\n\r\n", Encoded(command));
        Assert.Equal(Encoding.UTF8.GetByteCount(Encoded(command)), command.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(100_000)]
    public void Lengths_of_any_number_of_digits_are_right(int length)
    {
        var command = RedisCommand.Of("A", new byte[length]);
        Assert.Equal($"*2\r\n$1\r\nA\r\n${length}\r\n{new string('\0', length)}\r\n", Encoded(command));
    }

    [Fact]
    public void The_run_id_is_the_connections_and_the_command_stays_as_it_was()
    {
        var command = RedisCommand.Of("FCALL", "a", RedisArgument.RunId, "b", RedisArgument.RunId);
        var id = Encoding.ASCII.GetString(RunId);
        Assert.Equal($"*5\r\n$5\r\nFCALL\r\n$1\r\na\r\n$40\r\n{id}\r\n$1\r\nb\r\n$40\r\n{id}\r\n", Encoded(command));
        var other = Encoding.ASCII.GetBytes(new string('f', 40));
        var bytes = new byte[command.Length];
        command.CopyTo(bytes, other);
        Assert.DoesNotContain(id, Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("foo", 12_182)]
    [InlineData("bar", 5061)]
    [InlineData("", 0)]
    [InlineData("123456789", 12_739)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("{user1000}.followers", 3443)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("foo{{bar}}zap", 4015)]
    [InlineData("foo{bar}{zap}", 5061)]
    public void The_slot_is_that_of_the_key_or_its_tag(string key, int slot) => Assert.Equal(slot, RedisSlot.Of(Encoding.UTF8.GetBytes(key)));

    private static string Encoded(RedisCommand command)
    {
        var bytes = new byte[command.Length];
        command.CopyTo(bytes, RunId);
        return Encoding.UTF8.GetString(bytes);
    }
}
