// What became of commands that were offered to an outbox.

namespace Gateway.Redis.Connections;

internal enum Offered
{
    Taken,

    /// <summary>Taken, and whoever offered them has to start the flusher.</summary>
    TakenFlush,

    /// <summary>There is no connection, and they do not wait for one.</summary>
    NotSent,
    Busy,
}
