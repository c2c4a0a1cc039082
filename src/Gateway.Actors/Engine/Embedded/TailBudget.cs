// The memory that the rooms' newest events may take: in one room, and in all together.

namespace Gateway.Actors.Engine.Embedded;

internal sealed class TailBudget(int eventsPerRoom, int bytesPerRoom, long bytes)
{
    private long _used;

    public int EventsPerRoom { get; } = eventsPerRoom;

    public int BytesPerRoom { get; } = bytesPerRoom;

    public bool IsExceeded => Interlocked.Read(ref _used) > bytes;

    public void Add(long change) => Interlocked.Add(ref _used, change);
}
