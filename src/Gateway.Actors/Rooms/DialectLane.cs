// Events as frames of one dialect: encoded once, in one shared buffer, for all members that speak it. A room has one for what is live; a page of
// history is one of its own.

using Gateway.Protocol;
using Gateway.Protocol.WebSockets;

namespace Gateway.Actors.Rooms;

/// <summary>Where a frame of the batch ends, and whose event it is.</summary>
/// <param name="Seq">0: not stored.</param>
internal readonly record struct FrameMark(int End, ulong Origin, long Seq);

internal sealed class DialectLane(IDialect dialect)
{
    private readonly List<FrameMark> _marks = [];

    public IDialect Dialect { get; } = dialect;

    public FrameBatch? Batch { get; private set; }

    public List<FrameMark> Marks => _marks;

    public void Append(RoomEvent roomEvent, bool replay)
    {
        Batch ??= FrameBatch.Rent(1024);
        Batch.BeginFrame();
        Dialect.WriteEvent(roomEvent, replay, skipped: 0, Batch);
        Batch.EndFrame();
        _marks.Add(new FrameMark(Batch.Length, roomEvent.Origin, roomEvent.Seq));
    }

    /// <summary>The batch has been offered to everyone.</summary>
    public void Clear()
    {
        Batch?.Release();
        Batch = null;
        _marks.Clear();
    }
}
