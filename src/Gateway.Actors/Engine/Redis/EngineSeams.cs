// What the engine's parts know of one another before all of them are made, and of the node before it has begun.

namespace Gateway.Actors.Engine.Redis;

internal sealed class EngineSeams : IEngineHealth, IEngineListener
{
    /// <summary>Set once, in the engine's construction.</summary>
    public IEngineHealth? Health { get; set; }

    /// <summary>Set once, before anything connects.</summary>
    public IEngineListener? Listener { get; set; }

    public bool Accepts(int partition) => Health?.Accepts(partition) == true;

    public void Notify(EngineNotice notice) => Listener?.Notify(notice);
}
