// Whom a lane tells what becomes of it. All are called by the lane itself, one after the other, but Suspect.

namespace Gateway.Redis.Connections;

internal interface ILaneOwner
{
    /// <summary>A connection is made and not open yet; a refusal drops it.</summary>
    ValueTask Prepare(Lane lane, ServerFacts facts, CancellationToken ct);

    void Opened(Lane lane);

    /// <summary>It was open, and everything that was sent over it has been answered or failed.</summary>
    void Lost(Lane lane, DateTimeOffset since);

    void NotConnected(Lane lane, Exception reason);

    void Pushed(Lane lane, ReadOnlySpan<byte> frame);

    /// <summary>Something does not fit the topology as it is known.</summary>
    void Suspect();
}
