// Where a connection's outgoing bytes go. The host implements it over a socket; several rooms and the connection actor call it at once.

using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Actors.Delivery;

/// <summary>
/// <list type="number">
/// <item>K1. No call blocks or waits for the peer; none allocates for a delivery.</item>
/// <item>K2. Ordered frames leave in the order of the calls. Urgent ones go ahead of whatever waits, never into the middle of a frame.</item>
/// <item>K3. What waits is bounded by events and bytes: past the bound <see cref="Offer"/> answers Full and takes nothing. With less than a quarter of it waiting it
/// takes any one slice, so that who was told Drained is never refused. <see cref="Send"/> takes it all the same (answers and errors are
/// bounded by the client's own requests, whose reader the connection holds back), up to twice the bound; past that the connection is closed as too slow.</item>
/// <item>K4. After Full, <see cref="IConnectionSinkListener.Drained"/> is called once when less than a quarter of the bound waits (also where that is already so when NotifyWhenDrained is called).</item>
/// <item>K5. A batch that was taken is referenced until it is written; the caller keeps and releases its own reference.</item>
/// <item>K6. After Close nothing more is taken; what waits is written if the peer reads on, then the close frame. Idempotent: the first code counts.</item>
/// </list>
/// </summary>
public interface IConnectionSink
{
    /// <summary>Takes ready frames, a slice of a shared batch, or none of it.</summary>
    SinkOutcome Offer(FrameBatch batch, int offset, int length, int events);

    void Send(FrameBatch batch, SinkLane lane);

    void NotifyWhenDrained();

    void Close(CloseCode code, string reason);

    /// <summary>Drops the connection without a word (the peer can't be told any more).</summary>
    void Abort();

    /// <summary>Since when nothing that waits could be written (a timestamp of the TimeProvider), or null where nothing waits or writes go on.</summary>
    long? StuckSince { get; }

    /// <summary>Events and bytes that wait now.</summary>
    (int Events, int Bytes) Pending { get; }
}

public enum SinkLane
{
    Ordered,
    Urgent,
}

public enum SinkOutcome
{
    Sent,
    Kept,
    Full,
    Closed,
}

/// <summary>Called on the sink's own thread: hand on and return.</summary>
public interface IConnectionSinkListener
{
    void Drained();
}
