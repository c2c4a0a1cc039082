// What the host does to a node beyond its seam: begins it, and asks how much it has to do. Set to completed once, by what begins it.

namespace Gateway.Host.Composition;

internal sealed class NodeStart(Func<CancellationToken, ValueTask> begin, Func<int> rooms)
{
    private volatile bool _completed;

    public bool Completed => _completed;

    /// <summary>Rooms that the node serves now.</summary>
    public int Rooms => rooms();

    public async ValueTask Begin(CancellationToken cancellation)
    {
        await begin(cancellation);
        _completed = true;
    }
}
