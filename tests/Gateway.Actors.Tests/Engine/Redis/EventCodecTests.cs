// Bodies and pushes as bytes: what is written is read again, and what is not ours is refused without an exception.

using System.Text;
using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Actors.Engine.Redis.Following;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Tests.Engine.Redis;

public sealed class EventCodecTests
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");

    private static RoomEvent Full { get; } = new()
    {
        Room = Lobby,
        Type = "message",
        Id = new string('i', 128),
        SenderId = "ann",
        SenderName = "Zoë 🙂",
        Fields = Encoding.UTF8.GetBytes("\"content\":\"a b\\n\\u0000\""),
        Key = "k 1",
        Origin = ulong.MaxValue - 7,
        Ephemeral = true,
    };

    [Fact]
    public void An_event_comes_back_as_it_was()
    {
        foreach (var given in new[] { Full, Full with { Key = null, Origin = 0, Ephemeral = false, Fields = default, SenderName = "" } })
        {
            var read = EventCodec.Decode(Lobby, EventCodec.Encode(given), 7, "e1", 99)!;
            Assert.Equal(given with { Seq = 7, Epoch = "e1", TimestampMs = 99, Fields = default }, read with { Fields = default });
            Assert.Equal(given.Fields.ToArray(), read.Fields.ToArray());
        }
    }

    [Fact]
    public void A_signal_comes_back_as_it_was()
    {
        var typing = new TypingSignal("ann", "Zoë", true, true, "\"x\""u8.ToArray());
        var push = RoomPush.Read(Lobby, SignalCodec.Encode(typing, "S "u8))!.Value;
        var read = Assert.IsType<TypingSignal>(push.Notice);
        Assert.Equal(typing with { RoomField = default }, read with { RoomField = default });
        Assert.Equal(typing.RoomField.ToArray(), read.RoomField.ToArray());
    }

    [Fact]
    public void Every_kind_of_push_is_read()
    {
        var stored = RoomPush.Read(Lobby, EventCodec.Encode(Full, "E 5 7 99 e1 "u8))!.Value;
        Assert.Equal((PushKind.Event, 5L, "e1", 7L, 99L), (stored.Kind, stored.Change, stored.Epoch, stored.Event!.Seq, stored.Event.TimestampMs));
        Assert.IsType<EventRelayed>(RoomPush.Read(Lobby, EventCodec.Encode(Full, "R 99 "u8))!.Value.Notice);
        Assert.Equal(new RoomPush(PushKind.Forgotten, 9, "NEW"), Read("Z 9 NEW"));
        Assert.Equal(new RoomPush(PushKind.Cursor, 8, Notice: new CursorMoved("ann", ReceiptStatus.Read, 3)), Read("C 8 r 3 ann"));
        Assert.Equal(new RoomPush(PushKind.Presence, 4, Version: 6), Read("P 4 6 = - 2 99 ann Ann"));
        var left = new PresenceChanged(6, "ann", "Ann of Oz", false, LeaveReason.Kicked, DateTimeOffset.FromUnixTimeMilliseconds(99), 2);
        Assert.Equal(new RoomPush(PushKind.Presence, 4, Version: 6, Notice: left), Read("P 4 6 - K 2 99 ann Ann of Oz"));
        Assert.Equal(left with { Joined = true, Reason = LeaveReason.Left, Name = "" }, Read("P 4 6 + - 2 99 ann ")!.Value.Notice);
    }

    [Theory]
    [InlineData("")]
    [InlineData("E")]
    [InlineData("E ")]
    [InlineData("E x 1 1 e b")]
    [InlineData("E 1 1 1 e")]
    [InlineData("E 1 -1 1 e \u0001")]
    [InlineData("C 1 x 3 ann")]
    [InlineData("C 1 r 3")]
    [InlineData("P 1 2 + - 1 99")]
    [InlineData("P 1")]
    [InlineData("S ?")]
    [InlineData("Q 1 2 3")]
    public void What_is_no_push_is_none(string text) => Assert.Null(Read(text));

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var random = new Random(5);
        var samples = new[] { EventCodec.Encode(Full, "E 5 7 99 e1 "u8), EventCodec.Encode(Full, "R 99 "u8), Encoding.UTF8.GetBytes("P 4 6 - K 2 99 ann Ann") };
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = samples[i % samples.Length].ToArray();
            for (var change = random.Next(4); change >= 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            RoomPush.Read(Lobby, bytes.AsMemory(0, random.Next(bytes.Length + 1)));
        }
    }

    private static RoomPush? Read(string text) => RoomPush.Read(Lobby, Encoding.UTF8.GetBytes(text));
}
