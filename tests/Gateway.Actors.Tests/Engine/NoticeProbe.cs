// Listens to an engine, or to one of its rooms, and keeps what it heard.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public sealed class NoticeProbe : IEngineListener, IRoomListener
{
    private readonly Lock _gate = new();
    private readonly List<object> _heard = [];

    public IReadOnlyList<object> Heard
    {
        get
        {
            lock (_gate)
                return [.. _heard];
        }
    }

    public IReadOnlyList<RoomEvent> Events => [.. Heard.OfType<EventsStored>().SelectMany(stored => stored.Events)];

    public IReadOnlyList<long> Seqs => [.. Events.Select(stored => stored.Seq)];

    public IReadOnlyList<string> Presence =>
        [.. Heard.OfType<PresenceChanged>().Select(change => change.Joined ? $"+{change.UserId} {change.Count}" : $"-{change.UserId} {change.Count} {change.Reason}")];

    public void Notify(EngineNotice notice) => Keep(notice);

    public void Notify(RoomNotice notice) => Keep(notice);

    public void Clear()
    {
        lock (_gate)
            _heard.Clear();
    }

    private void Keep(object notice)
    {
        lock (_gate)
            _heard.Add(notice);
    }
}
