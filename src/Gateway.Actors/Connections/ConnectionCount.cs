// How many connections this node has; read by handshakes, metrics and the node's report. Thread-safe.

namespace Gateway.Actors.Connections;

internal sealed class ConnectionCount
{
    private int _all;
    private int _unauthenticated;

    public int All => Volatile.Read(ref _all);

    public int Unauthenticated => Volatile.Read(ref _unauthenticated);

    public void AddConnection(int change) => Interlocked.Add(ref _all, change);

    public void AddUnauthenticated(int change) => Interlocked.Add(ref _unauthenticated, change);
}
