// Where a lane's entries go out. One a lane; called with the lane locked, so it only hands on. An answer may come within the call.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal interface ILanePort
{
    /// <summary>Entries go in batches with a WAIT.</summary>
    bool WaitsForReplica { get; }

    void Send(LaneEntry entry);

    void SendWithWait(LaneBatch batch);

    /// <summary>The slot has another owner.</summary>
    void Redirected(RedisError error);

    /// <summary>So many entries go back to be sent again.</summary>
    void Retrying(int entries);

    /// <summary>An entry is over: what it took of the common bound is free.</summary>
    void Released(int entries);
}

/// <param name="Window">Entries under way at once.</param>
/// <param name="DeadlineMs">How long an entry may take, from its coming in.</param>
internal readonly record struct LaneBounds(int Window, int DeadlineMs);
