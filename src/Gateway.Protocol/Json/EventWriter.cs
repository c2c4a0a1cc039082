// Writes an event as its members see it: the server's stamp, then the sender's own members as they came.

namespace Gateway.Protocol.Json;

internal static class EventWriter
{
    public static void Write(ref JsonOutput output, RoomEvent roomEvent, bool replay, int skipped)
    {
        output.Raw("{\"type\":"u8);
        output.Text(roomEvent.Type);
        output.Raw(",\"room\":"u8);
        output.Text(roomEvent.Room.Value);
        output.Raw(",\"id\":"u8);
        output.Text(roomEvent.Id);
        if (roomEvent.Seq > 0)
            WritePosition(ref output, roomEvent.Seq, roomEvent.Epoch);
        output.Raw(",\"senderId\":"u8);
        output.Text(roomEvent.SenderId);
        output.Raw(",\"senderName\":"u8);
        output.Text(roomEvent.SenderName);
        output.Raw(",\"timestamp\":"u8);
        output.Time(roomEvent.TimestampMs);
        if (replay)
            output.Raw(",\"replay\":true"u8);
        if (skipped > 0)
        {
            output.Raw(",\"skipped\":"u8);
            output.Number(skipped);
        }

        if (!roomEvent.Fields.IsEmpty)
        {
            output.Raw(","u8);
            output.Raw(roomEvent.Fields.Span);
        }

        output.Raw("}"u8);
    }

    /// <summary>Events in an array.</summary>
    public static void WriteList(ref JsonOutput output, IReadOnlyList<RoomEvent> events)
    {
        output.Raw("["u8);
        for (var i = 0; i < events.Count; i++)
        {
            if (i > 0)
                output.Raw(","u8);
            Write(ref output, events[i], replay: false, skipped: 0);
        }

        output.Raw("]"u8);
    }

    private static void WritePosition(ref JsonOutput output, long seq, string? epoch)
    {
        output.Raw(",\"seq\":"u8);
        output.Number(seq);
        if (epoch is null)
            return;
        output.Raw(",\"epoch\":"u8);
        output.Text(epoch);
    }
}
