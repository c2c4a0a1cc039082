// Cuts a body into lines as it comes, holding no more than one line of the bound. A longer one is passed over and said by its number alone.

using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Host.Api;

internal sealed class LineReader(PipeReader reader, int limit)
{
    private long _number;
    private bool _passingOver;

    /// <summary>One line; Text null: it was over the bound. Default (number 0): the body is over.</summary>
    public readonly record struct Line(long Number, byte[]? Text);

    public async ValueTask<Line> Next(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            var buffer = read.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Take(buffer.Slice(0, end));
                reader.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
            {
                var last = buffer.IsEmpty && !_passingOver ? default : Take(buffer);
                reader.AdvanceTo(buffer.End);
                return last;
            }

            // One byte more than the bound may be the line's carriage return.
            if (buffer.Length > limit + 1)
            {
                _passingOver = true;
                reader.AdvanceTo(buffer.End);
            }
            else
            {
                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
    }

    private Line Take(ReadOnlySequence<byte> text)
    {
        var tooLong = _passingOver;
        _passingOver = false;
        _number++;
        if (tooLong || text.Length > limit + 1)
            return new Line(_number, null);
        var bytes = text.ToArray();
        if (bytes is [.., (byte)'\r'])
            bytes = bytes[..^1];
        return new Line(_number, bytes.Length <= limit ? bytes : null);
    }
}
