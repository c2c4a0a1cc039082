// The bare way to a connection's peer, beneath a sink: the socket itself, or the stream that Kestrel gives after the upgrade.
// Only the sink's gate calls Write, and only its drain calls WriteRest: never both at once.

namespace Gateway.Host.Transport;

internal interface IFrameOutput
{
    /// <summary>Writes what can be written without waiting. Never throws.</summary>
    /// <returns>How many bytes left; fewer than given where the peer is slow; <see cref="FrameOutput.Broken"/> where it is gone.</returns>
    int Write(ReadOnlyMemory<byte> bytes);

    /// <summary>How much of the last Write the output took into its own hands without having written it: that memory must stay as it is
    /// until the next <see cref="WriteRest"/> has completed.</summary>
    int Held { get; }

    /// <summary>Waits until more can be written. Where something is held, completes when that is out and ignores the argument; else writes it.</summary>
    /// <returns>How many bytes left since the last call. Throws where the peer is gone.</returns>
    ValueTask<int> WriteRest(ReadOnlyMemory<byte> bytes);

    /// <summary>Nothing more will be written: tells the peer so where that is possible on its own.</summary>
    void Complete();

    void Abort();
}

internal static class FrameOutput
{
    public const int Broken = -1;
}
