// One connection's output through the stream that Kestrel gives after the upgrade: where TLS lies beneath, or no socket can be reached.
// One WriteAsync for each Write, never a second one before the first has completed.

namespace Gateway.Host.Transport;

internal sealed class StreamOutput(Stream stream, Action abort) : IFrameOutput
{
    private ValueTask _pending;

    public int Held { get; private set; }

    public int Write(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var write = stream.WriteAsync(bytes);
            if (!write.IsCompleted)
            {
                _pending = write;
                Held = bytes.Length;
                return 0;
            }

            write.GetAwaiter().GetResult();
            return bytes.Length;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return FrameOutput.Broken;
        }
    }

    public async ValueTask<int> WriteRest(ReadOnlyMemory<byte> bytes)
    {
        if (Held == 0)
        {
            await stream.WriteAsync(bytes).ConfigureAwait(false);
            return bytes.Length;
        }

        var held = Held;
        await _pending.ConfigureAwait(false);
        Held = 0;
        return held;
    }

    /// <summary>TLS has no half-close here: the end of the connection tells the peer.</summary>
    public void Complete()
    {
    }

    public void Abort() => abort();

    /// <summary>What Kestrel's and TLS's streams throw when the connection has ended beneath them.</summary>
    private static bool IsGone(Exception exception) =>
        exception is IOException or OperationCanceledException or InvalidOperationException or ObjectDisposedException;
}
