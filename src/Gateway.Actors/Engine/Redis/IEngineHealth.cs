// Whether this node may take publications for a partition now.

namespace Gateway.Actors.Engine.Redis;

internal interface IEngineHealth
{
    /// <summary>False where the node could not beat there for a lease, by its own monotonic clock, or is known to be cut off.</summary>
    bool Accepts(int partition);
}
