// The children of one actor by name, and what their parent knows of them. Touched on the parent's turn alone.

using System.Globalization;

namespace Gateway.Actors.Kernel;

internal sealed class Children
{
    private readonly Dictionary<string, ActorCell> _byName = [];
    private long _nextName;
    private int _stopping;

    public IReadOnlyCollection<ActorCell> All => _byName.Values;

    public bool AnyStopping => _stopping > 0;

    public bool IsEmpty => _byName.Count == 0;

    public ActorCell? Find(string name) => _byName.GetValueOrDefault(name);

    public bool Contains(ActorCell child) => Find(child.Name) == child;

    public string NextName()
    {
        string name;
        do
            name = "$" + (_nextName++).ToString(CultureInfo.InvariantCulture);
        while (_byName.ContainsKey(name));
        return name;
    }

    public bool TryAdd(ActorCell child) => _byName.TryAdd(child.Name, child);

    public void Remove(ActorCell child)
    {
        if (!Contains(child))
            return;
        _byName.Remove(child.Name);
        if (child.IsStopping)
            _stopping--;
    }

    public void Stop(ActorCell child)
    {
        if (child.IsStopping || !Contains(child))
            return;
        child.IsStopping = true;
        _stopping++;
        child.SendSystem(new Terminate());
    }

    public void StopAll()
    {
        foreach (var child in _byName.Values)
            Stop(child);
    }

    public void SuspendAll(ActorCell? except)
    {
        foreach (var child in _byName.Values)
        {
            child.HeldByParent++;
            if (child != except)
                child.SendSystem(new Suspend());
        }
    }

    /// <param name="failed">The child whose own failure this resume answers.</param>
    public void ResumeAll(ActorCell? failed)
    {
        foreach (var child in _byName.Values)
        {
            if (child.HeldByParent == 0)
                continue;
            child.HeldByParent--;
            child.SendSystem(new Resume(ownFailure: child == failed));
        }
    }

    /// <summary>Restarts those that outlived the restart of their parent.</summary>
    public void RestartAll(Exception reason)
    {
        foreach (var child in _byName.Values)
        {
            if (child.HeldByParent == 0 || child.IsStopping)
                continue;
            child.HeldByParent--;
            child.SendSystem(new Restart(reason, null));
        }
    }
}
