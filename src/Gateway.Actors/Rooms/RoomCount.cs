// How many rooms this node serves; read by metrics and the node's report.

namespace Gateway.Actors.Rooms;

internal sealed class RoomCount
{
    private int _value;

    public int Value => Volatile.Read(ref _value);

    public void Add(int change) => Interlocked.Add(ref _value, change);
}
