// One argument of a command before it is encoded.

using System.Globalization;
using System.Text;

namespace Gateway.Redis;

public readonly struct RedisArgument
{
    /// <summary>The length of a Redis run_id.</summary>
    internal const int RunIdLength = 40;

    private static readonly byte[] NoRunId = Encoding.ASCII.GetBytes(new string('0', RunIdLength));

    private RedisArgument(ReadOnlyMemory<byte> bytes, bool isRunId = false)
    {
        Bytes = bytes;
        IsRunId = isRunId;
    }

    /// <summary>Forty bytes that the connection overwrites, when it writes the command, with the run_id of the process it is connected to.</summary>
    public static RedisArgument RunId { get; } = new(NoRunId, isRunId: true);

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal bool IsRunId { get; }

    public static implicit operator RedisArgument(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new RedisArgument(Encoding.UTF8.GetBytes(text));
    }

    public static implicit operator RedisArgument(ReadOnlyMemory<byte> bytes) => new(bytes);

    public static implicit operator RedisArgument(byte[] bytes) => new(bytes);

    public static implicit operator RedisArgument(long number) =>
        new(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
}
