// Typing and receipts as this node's members send them: damped here, then told to all nodes through the engine.
// Runs on the room actor's turn.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Rooms;

internal sealed class RoomChatter(RoomState room, NodeServices node, ActorTimers timers)
{
    private readonly TypingTable _typing = new();
    private readonly ReceiptDamper _receipts = new();

    public void OnTyping(Member member, TypingCommand command)
    {
        if (room.IsCrowd)
            return;
        if (!command.Started)
        {
            EndTyping(member.UserId);
            return;
        }

        var typist = new Typist(member.UserId, member.Name, command.CarriedFlag, command.RoomField);
        if (_typing.Start(typist, node.Time.GetTimestamp(), node.Time))
            Signal(typist, active: true);
        ArmTyping();
    }

    public bool IsTyping(string userId) => _typing.Contains(userId);

    /// <summary>Said by the user, or shown: an event was sent, or the last connection went.</summary>
    public void EndTyping(string userId)
    {
        if (!_typing.IsEmpty && _typing.End(userId) is { } typist)
            Signal(typist, active: false);
    }

    public void OnTypingDue()
    {
        foreach (var typist in _typing.TakeExpired(node.Time.GetTimestamp(), node.Time))
            Signal(typist, active: false);
        ArmTyping();
    }

    public void OnReceipt(Member member, ReceiptStatus status, long seq)
    {
        if (room.IsCrowd)
            return;
        if (_receipts.TryPass(member.UserId, status, seq, node.Time.GetTimestamp(), node.Time))
            MoveCursor(member.UserId, status, seq);
        ArmReceipts();
    }

    public void OnReceiptsDue()
    {
        foreach (var (userId, status, seq) in _receipts.TakeDue(node.Time.GetTimestamp(), node.Time))
            MoveCursor(userId, status, seq);
        if (!_receipts.IsEmpty)
            ArmReceipts();
    }

    private void Signal(Typist typist, bool active) => node.Engine.Signal(
        room.Room,
        new TypingSignal(typist.UserId, typist.Name, active, typist.CarriedFlag, typist.RoomField));

    private void MoveCursor(string userId, ReceiptStatus status, long seq)
    {
        // A cursor that could not be moved is made good by the client's next one; nobody waits for it.
        _ = node.Engine.MoveCursor(room.Room, userId, status, seq).AsTask();
    }

    private void ArmTyping()
    {
        if (_typing.NextExpiry(node.Time.GetTimestamp(), node.Time) is { } next && !timers.IsActive(RoomTimer.Typing))
            timers.StartSingle(RoomTimer.Typing, RoomTimer.Typing, next > TimeSpan.Zero ? next : TimeSpan.FromMilliseconds(1));
    }

    private void ArmReceipts()
    {
        if (!timers.IsActive(RoomTimer.Receipts))
            timers.StartSingle(RoomTimer.Receipts, RoomTimer.Receipts, ReceiptDamper.Interval);
    }
}
