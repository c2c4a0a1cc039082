// Which of a primary's connections a command takes, so that one kind of work does not wait for the other.

namespace Gateway.Redis;

public enum RedisPurpose
{
    /// <summary>Refused at once while there is no connection, since whoever publishes keeps the order of its retries.</summary>
    Publishes,

    /// <summary>Waits for the connection until its deadline.</summary>
    Commands,
}
