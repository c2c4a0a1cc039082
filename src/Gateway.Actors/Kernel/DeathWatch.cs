// Whom one actor watches and who watches it. Touched on the actor's turn alone.

namespace Gateway.Actors.Kernel;

internal sealed class DeathWatch(ActorCell cell)
{
    /// <summary>The watched ones; true: it has ended and the actor has still to be told.</summary>
    private Dictionary<ActorRef, bool>? _watched;

    /// <summary>One reference or, from the second on, a set of them: most actors have one watcher.</summary>
    private object? _watchers;

    public void Watch(ActorRef other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other == cell || !(_watched ??= []).TryAdd(other, false))
            return;
        if (!other.SendSystem(new Watch(cell)))
            Ended(other);
    }

    public void Unwatch(ActorRef other)
    {
        if (_watched is not null && _watched.Remove(other, out var ended) && !ended)
            other.SendSystem(new Unwatch(cell));
    }

    /// <summary>Queues the message behind everything that the ended actor told before.</summary>
    public void Ended(ActorRef other)
    {
        if (_watched is null || !_watched.TryGetValue(other, out var queued) || queued)
            return;
        _watched[other] = true;
        cell.TellUnbounded(new WatchEnd(other), other);
    }

    /// <summary>False when it was unwatched meanwhile.</summary>
    public bool TryAcknowledge(ActorRef other) =>
        _watched is not null && _watched.TryGetValue(other, out var ended) && ended && _watched.Remove(other);

    public void AddWatcher(ActorRef watcher)
    {
        switch (_watchers)
        {
            case null:
                _watchers = watcher;
                break;
            case HashSet<ActorRef> set:
                set.Add(watcher);
                break;
            case ActorRef single when single != watcher:
                _watchers = new HashSet<ActorRef> { single, watcher };
                break;
        }
    }

    public void RemoveWatcher(ActorRef watcher)
    {
        if (_watchers is HashSet<ActorRef> set)
            set.Remove(watcher);
        else if (ReferenceEquals(_watchers, watcher))
            _watchers = null;
    }

    /// <summary>The actor has ended: it watches no more, and those who watch it are told.</summary>
    public void Close()
    {
        foreach (var (other, ended) in _watched ?? [])
        {
            if (!ended)
                other.SendSystem(new Unwatch(cell));
        }

        if (_watchers is HashSet<ActorRef> set)
        {
            foreach (var watcher in set)
                watcher.SendSystem(new WatchedEnded(cell));
        }
        else if (_watchers is ActorRef single)
        {
            single.SendSystem(new WatchedEnded(cell));
        }

        (_watched, _watchers) = (null, null);
    }
}
