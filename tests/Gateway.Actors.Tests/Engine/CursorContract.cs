// What every engine owes of cursors (receipts).

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine;

public abstract class CursorContract
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    protected abstract Task<EngineLab> Begin();

    [SkippableFact]
    public async Task A_cursor_moves_forward_only_and_is_told_where_it_moved()
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Lobby, 5);
        var probe = await lab.Engine.Listen(Lobby);
        foreach (var seq in new long[] { 3, 2, 3, 4 })
            Assert.Equal(EngineStatus.Ok, await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, seq));
        await lab.Settled();
        Assert.Equal([new CursorMoved("ann", ReceiptStatus.Read, 3), new CursorMoved("ann", ReceiptStatus.Read, 4)], probe.Heard);
    }

    [SkippableFact]
    public async Task A_cursor_is_clipped_to_the_top()
    {
        await using var lab = await Begin();
        Assert.Equal(EngineStatus.Ok, await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, 7));
        Assert.Empty((await lab.Engine.Cursors(Lobby)).Cursors);
        await lab.Engine.SayMany(Lobby, 5);
        await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, long.MaxValue);
        await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, -1);
        Assert.Equal([new ReceiptCursor("ann", ReceiptStatus.Read, 5)], (await lab.Engine.Cursors(Lobby)).Cursors);
    }

    [SkippableFact]
    public async Task Cursors_of_each_status_survive_a_restart_and_end_with_the_history()
    {
        await using var lab = await Begin();
        await lab.Engine.SayMany(Lobby, 5);
        await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Delivered, 4);
        await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, 2);
        await lab.Engine.MoveCursor(Lobby, "bob", ReceiptStatus.Read, 3);
        await lab.Kill();
        ReceiptCursor[] expected = [new("ann", ReceiptStatus.Delivered, 4), new("ann", ReceiptStatus.Read, 2), new("bob", ReceiptStatus.Read, 3)];
        Assert.Equal(expected, (await lab.Engine.Cursors(Lobby)).Cursors.OrderBy(cursor => cursor.UserId).ThenBy(cursor => cursor.Status));
        await lab.Engine.MoveCursor(Lobby, "bob", ReceiptStatus.Read, 1);
        Assert.Contains(expected[2], (await lab.Engine.Cursors(Lobby)).Cursors);
        await lab.Engine.Forget(Lobby);
        Assert.Empty((await lab.Engine.Cursors(Lobby)).Cursors);
    }
}
