// A command, encoded once as an array of bulk strings. Immutable, so that it may be sent again as it is; where it bears a run_id the
// connection overwrites that in its own copy.

using System.Buffers.Text;
using System.Text;

namespace Gateway.Redis;

public sealed class RedisCommand
{
    private readonly byte[] _bytes;
    private readonly int[] _runIds;

    private RedisCommand(string name, byte[] bytes, int[] runIds, int deadlineMs)
    {
        Name = name;
        _bytes = bytes;
        _runIds = runIds;
        DeadlineMs = deadlineMs;
    }

    public string Name { get; }

    /// <summary>Of the encoded command, in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>How long the answer may take; 0: <see cref="RedisOptions.CommandTimeoutMs"/>.</summary>
    public int DeadlineMs { get; }

    public static RedisCommand Of(string name, params ReadOnlySpan<RedisArgument> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var size = HeaderLength(arguments.Length + 1) + BulkLength(nameBytes.Length);
        var runIdCount = 0;
        foreach (ref readonly var argument in arguments)
        {
            size = checked(size + BulkLength(argument.Bytes.Length));
            runIdCount += argument.IsRunId ? 1 : 0;
        }

        var bytes = new byte[size];
        var runIds = runIdCount == 0 ? [] : new int[runIdCount];
        var at = Header(bytes, 0, (byte)'*', arguments.Length + 1);
        at = Bulk(bytes, at, nameBytes);
        foreach (ref readonly var argument in arguments)
        {
            at = Bulk(bytes, at, argument.Bytes.Span);
            if (argument.IsRunId)
                runIds[^runIdCount--] = at - 2 - RedisArgument.RunIdLength;
        }

        return new RedisCommand(name, bytes, runIds, 0);
    }

    /// <summary>The same command with a deadline of its own, for one that takes long by its nature such as WAIT.</summary>
    public RedisCommand Within(int milliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, 1);
        return new RedisCommand(Name, _bytes, _runIds, milliseconds);
    }

    /// <summary>Copies the command, with the run_id of the connection in its places.</summary>
    internal void CopyTo(Span<byte> target, ReadOnlySpan<byte> runId)
    {
        _bytes.CopyTo(target);
        foreach (var at in _runIds)
            runId.CopyTo(target.Slice(at, RedisArgument.RunIdLength));
    }

    private static int Bulk(byte[] bytes, int at, ReadOnlySpan<byte> value)
    {
        at = Header(bytes, at, (byte)'$', value.Length);
        value.CopyTo(bytes.AsSpan(at));
        return End(bytes, at + value.Length);
    }

    private static int Header(byte[] bytes, int at, byte sigil, int count)
    {
        bytes[at++] = sigil;
        Utf8Formatter.TryFormat(count, bytes.AsSpan(at), out var written);
        return End(bytes, at + written);
    }

    private static int End(byte[] bytes, int at)
    {
        bytes[at++] = (byte)'\r';
        bytes[at++] = (byte)'\n';
        return at;
    }

    private static int BulkLength(int length) => HeaderLength(length) + length + 2;

    private static int HeaderLength(int count)
    {
        var digits = 1;
        for (var rest = count / 10; rest > 0; rest /= 10)
            digits++;
        return digits + 3;
    }
}
