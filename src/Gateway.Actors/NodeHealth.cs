// What the node says of itself to handshakes and health checks. Written by the actors, read by any thread.

namespace Gateway.Actors;

internal sealed class NodeHealth
{
    private volatile bool _isDegraded;

    /// <summary>Clients have been told that the engine is away.</summary>
    public bool IsDegraded
    {
        get => _isDegraded;
        set => _isDegraded = value;
    }
}
