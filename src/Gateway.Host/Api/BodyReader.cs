// Reads a request's body whole, up to a bound; what is larger is refused before it is in memory.

using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Host.Api;

internal static class BodyReader
{
    /// <summary>Null: larger than the bound.</summary>
    public static async ValueTask<byte[]?> Read(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit)
            return null;
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            if (read.Buffer.Length > limit)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
