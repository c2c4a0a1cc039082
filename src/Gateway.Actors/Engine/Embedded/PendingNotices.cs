// What is to be told once the batch under way is committed, in order. The writer thread's. A failed batch drops them.

using Gateway.Protocol;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class PendingNotices(Subscriptions subscriptions, IEngineListener listener, ILogger log)
{
    private readonly List<(RoomName Room, Subscription? Subscription, object Notice)> _notices = [];
    private readonly Dictionary<RoomName, List<RoomEvent>> _open = [];

    /// <summary>Those of a room's presence, for undoing them.</summary>
    public IEnumerable<(RoomName Room, PresenceChanged Change)> Presence =>
        _notices.Where(notice => notice.Notice is PresenceChanged).Select(notice => (notice.Room, (PresenceChanged)notice.Notice));

    public void ToRoom(RoomName room, RoomNotice notice)
    {
        // Later events of the batch must come after it.
        _open.Remove(room);
        if (subscriptions.Find(room) is { } subscription)
            _notices.Add((room, subscription, notice));
        else if (notice is PresenceChanged)
            _notices.Add((room, null, notice));
    }

    public void ToEngine(EngineNotice notice) => _notices.Add((default, null, notice));

    /// <summary>One notice for a run of a room's events in the batch.</summary>
    public void Stored(string epoch, RoomEvent stored)
    {
        if (_open.TryGetValue(stored.Room, out var run))
        {
            run.Add(stored);
            return;
        }

        if (subscriptions.Find(stored.Room) is not { } subscription)
            return;
        _open[stored.Room] = run = [stored];
        _notices.Add((stored.Room, subscription, new EventsStored(epoch, run)));
    }

    /// <summary>The room's listener changed: what follows is for the new one.</summary>
    public void Split(RoomName room) => _open.Remove(room);

    public void Deliver()
    {
        foreach (var (_, subscription, notice) in _notices)
        {
            switch (notice)
            {
                case EventsStored stored:
                    subscription!.ToldTop = stored.Events[^1].Seq;
                    Tell(subscription, stored);
                    break;
                case RoomRolled rolled:
                    subscription!.ToldTop = rolled.Position.Top;
                    Tell(subscription, rolled);
                    break;
                case RoomNotice other when subscription is not null:
                    Tell(subscription, other);
                    break;
                case EngineNotice other:
                    Tell(other);
                    break;
            }
        }

        Drop();
    }

    public void Drop()
    {
        _notices.Clear();
        _open.Clear();
    }

    /// <summary>At once.</summary>
    public void Tell(EngineNotice notice)
    {
        try
        {
            listener.Notify(notice);
        }
        catch (Exception exception)
        {
            EngineLog.ListenerFailed(log, exception);
        }
    }

    private void Tell(Subscription subscription, RoomNotice notice)
    {
        try
        {
            subscription.Listener.Notify(notice);
        }
        catch (Exception exception)
        {
            EngineLog.ListenerFailed(log, exception);
        }
    }
}
