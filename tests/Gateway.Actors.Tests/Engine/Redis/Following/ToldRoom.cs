// A listener that checks, with every notice, what a room's listener is owed: events contiguous to what was told before, and a version that rises by one.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis.Following;

internal sealed class ToldRoom : IRoomListener
{
    public List<RoomNotice> Heard { get; } = [];

    /// <summary>By seq: what the listener holds to be true.</summary>
    public SortedDictionary<long, string> Known { get; } = [];

    public List<long> Versions { get; } = [];

    public long Cursor { get; private set; }

    public RoomPosition? Position { get; set; }

    public void Notify(RoomNotice notice)
    {
        Heard.Add(notice);
        switch (notice)
        {
            case EventsStored stored: OnStored(stored); break;
            case RoomRolled rolled: OnRolled(rolled); break;
            case PresenceChanged change: Versions.Add(change.Version); break;
            case CursorMoved moved: Cursor = moved.Seq; break;
        }
    }

    private void OnStored(EventsStored stored)
    {
        Assert.NotEmpty(stored.Events);
        foreach (var told in stored.Events)
        {
            if (Position is { } position)
                Assert.Equal((position.Epoch, position.Top + 1), (stored.Epoch, told.Seq));
            Position = new RoomPosition(stored.Epoch, told.Seq);
            Assert.True(Known.TryAdd(told.Seq, told.Id), $"{told.Seq} was told twice");
        }
    }

    private void OnRolled(RoomRolled rolled)
    {
        if (rolled.Reason == GapReason.RolledBack)
            Assert.Equal(rolled.Cut, rolled.Position.Top);
        var keep = rolled.Reason switch
        {
            GapReason.Reset => 0,
            GapReason.RolledBack => rolled.Cut,
            _ => long.MaxValue,
        };
        if (rolled.Reason == GapReason.Trimmed)
            Assert.Equal(Position?.Epoch ?? rolled.Position.Epoch, rolled.Position.Epoch);
        foreach (var seq in Known.Keys.Where(seq => seq > keep).ToList())
            Known.Remove(seq);
        Position = rolled.Position;
    }
}
