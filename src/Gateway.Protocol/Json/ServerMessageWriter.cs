// Writes the server's messages. One method a message, its form as the wire contract shows it in the comment above.

using System.Buffers;
using Gateway.Protocol.Outbound;

namespace Gateway.Protocol.Json;

internal static class ServerMessageWriter
{
    public static void Write(ServerMessage message, IBufferWriter<byte> output)
    {
        var members = new MemberOutput(output);
        switch (message)
        {
            case Ack ack:
                WriteAck(ref members, ack);
                break;
            case Pong pong:
                WritePong(ref members, pong);
                break;
            case ErrorMessage error:
                WriteError(ref members, error);
                break;
            case Joined joined:
                WriteJoined(ref members, joined);
                break;
            case Left left:
                members.Begin("left"u8, left.Id);
                members.Room(left.Room);
                break;
            case HistoryAnswer history:
                WriteHistory(ref members, history);
                break;
            case Snapshot snapshot:
                WriteSnapshot(ref members, snapshot);
                break;
            case Gap gap:
                WriteGap(ref members, gap);
                break;
            case Welcome or AuthRenewed or TokenExpiring or Lagging or Degraded or Restored or Reconnect:
                WriteOfConnection(ref members, message);
                break;
            default:
                WriteOfPeople(ref members, message);
                break;
        }

        members.End();
    }

    private static void WriteOfConnection(ref MemberOutput members, ServerMessage message)
    {
        switch (message)
        {
            case Welcome welcome:
                WriteWelcome(ref members, welcome);
                break;
            case AuthRenewed renewed:
                members.Begin("auth"u8, renewed.Id);
                members.Number("expiresInMs"u8, renewed.ExpiresInMs);
                break;
            case TokenExpiring expiring:
                members.Begin("token_expiring"u8);
                members.Number("inMs"u8, expiring.InMs);
                break;
            case Lagging lagging:
                members.Begin("lagging"u8);
                members.Room(lagging.Room);
                break;
            case Degraded degraded:
                members.Begin("degraded"u8);
                members.Time("since"u8, degraded.Since);
                break;
            case Restored:
                members.Begin("restored"u8);
                break;
            case Reconnect reconnect:
                members.Begin("reconnect"u8);
                members.Number("afterMs"u8, reconnect.AfterMs);
                break;
        }
    }

    private static void WriteOfPeople(ref MemberOutput members, ServerMessage message)
    {
        switch (message)
        {
            case Typing typing:
                WriteTyping(ref members, typing);
                break;
            case Receipt receipt:
                WriteReceipt(ref members, receipt);
                break;
            case PresenceAnswer presence:
                WritePresence(ref members, presence);
                break;
            case UserJoined joined:
                WriteUserJoined(ref members, joined);
                break;
            case UserLeft left:
                WriteUserLeft(ref members, left);
                break;
            case PresenceDigest digest:
                WriteDigest(ref members, digest);
                break;
            default:
                throw new ArgumentException("A message without a form in JSON.", nameof(message));
        }
    }

    // {"type":"welcome","session":"…","resumed":false,"userId":"u1","name":"Ann","node":"…",
    //  "time":"…","heartbeatMs":20000,"graceMs":12000,"maxFrameBytes":65536}
    private static void WriteWelcome(ref MemberOutput members, Welcome welcome)
    {
        members.Begin("welcome"u8, welcome.Id);
        members.Text("session"u8, welcome.Session);
        members.Flag("resumed"u8, welcome.Resumed);
        members.Text("userId"u8, welcome.UserId);
        members.Text("name"u8, welcome.Name);
        members.Text("node"u8, welcome.Node);
        members.Time("time"u8, welcome.Time);
        members.Number("heartbeatMs"u8, welcome.HeartbeatMs);
        members.Number("graceMs"u8, welcome.GraceMs);
        members.Number("maxFrameBytes"u8, welcome.MaxFrameBytes);
    }

    // {"type":"joined","room":"lobby","seq":57,"epoch":"k3","recovered":true,"count":3,"users":[…],"receipts":[…]}
    private static void WriteJoined(ref MemberOutput members, Joined joined)
    {
        members.Begin("joined"u8, joined.Id);
        members.Room(joined.Room);
        members.OptionalNumber("seq"u8, joined.Seq);
        members.OptionalText("epoch"u8, joined.Epoch);
        if (joined.Recovered is { } recovered)
            members.Flag("recovered"u8, recovered);
        members.Number("count"u8, joined.Count);
        members.Users(joined.Users);
        members.Receipts(joined.Receipts);
    }

    // {"type":"ack","id":"c-1","room":"lobby","seq":58,"epoch":"k3","timestamp":"…","duplicate":true}
    private static void WriteAck(ref MemberOutput members, Ack ack)
    {
        members.Begin("ack"u8, ack.Id);
        members.Room(ack.Room);
        members.OptionalNumber("seq"u8, ack.Seq);
        members.OptionalText("epoch"u8, ack.Epoch);
        members.Time("timestamp"u8, ack.Timestamp);
        if (ack.Duplicate)
            members.Flag("duplicate"u8, true);
    }

    // {"type":"error","code":"…","message":"…","field":"…","id":"…","room":"…","retryAfterMs":900,"unknown":true}
    private static void WriteError(ref MemberOutput members, ErrorMessage error)
    {
        members.Begin("error"u8);
        members.Raw("code"u8, WireNames.Of(error.Code));
        members.Text("message"u8, error.Text);
        members.OptionalText("field"u8, error.Field);
        members.OptionalText("id"u8, error.Id);
        if (error.Room is { } room)
            members.Room(room);
        members.OptionalNumber("retryAfterMs"u8, error.RetryAfterMs);
        if (error.Unknown)
            members.Flag("unknown"u8, true);
    }

    // {"type":"gap","room":"lobby","epoch":"k4","from":6,"to":8,"reason":"trimmed"}
    private static void WriteGap(ref MemberOutput members, Gap gap)
    {
        members.Begin("gap"u8);
        members.Room(gap.Room);
        members.Text("epoch"u8, gap.Epoch);
        members.OptionalNumber("from"u8, gap.From);
        members.OptionalNumber("to"u8, gap.To);
        members.Raw("reason"u8, WireNames.Of(gap.Reason));
    }

    // {"type":"pong","t":1,"time":"…","heads":{"lobby":58}}
    private static void WritePong(ref MemberOutput members, Pong pong)
    {
        members.Begin("pong"u8, pong.Id);
        if (!pong.Echo.IsEmpty)
            members.Raw("t"u8, pong.Echo.Span);
        members.Time("time"u8, pong.Time);
        members.Heads(pong.Heads);
    }

    // {"type":"history","room":"lobby","events":[…],"more":true}
    private static void WriteHistory(ref MemberOutput members, HistoryAnswer history)
    {
        members.Begin("history"u8, history.Id);
        members.Room(history.Room);
        members.Events(history.Events);
        members.Flag("more"u8, history.More);
    }

    // {"type":"snapshot","room":"telemetry:p1","events":[…],"more":true}, more on all but the last
    private static void WriteSnapshot(ref MemberOutput members, Snapshot snapshot)
    {
        members.Begin("snapshot"u8);
        members.Room(snapshot.Room);
        members.Events(snapshot.Events);
        if (snapshot.More)
            members.Flag("more"u8, true);
    }

    // {"type":"presence","room":"lobby","count":3,"users":[…]}
    private static void WritePresence(ref MemberOutput members, PresenceAnswer presence)
    {
        members.Begin("presence"u8, presence.Id);
        members.Room(presence.Room);
        members.Number("count"u8, presence.Count);
        members.Users(presence.Users);
    }

    // {"type":"user_joined","room":"lobby","userId":"u1","name":"Ann","timestamp":"…","count":3}
    private static void WriteUserJoined(ref MemberOutput members, UserJoined joined)
    {
        members.Begin("user_joined"u8);
        members.Room(joined.Room);
        members.Text("userId"u8, joined.UserId);
        members.Text("name"u8, joined.Name);
        members.Time("timestamp"u8, joined.Timestamp);
        members.Number("count"u8, joined.Count);
    }

    // {"type":"user_left","room":"lobby","userId":"u1","timestamp":"…","count":2,"reason":"left|timeout|kicked"}
    private static void WriteUserLeft(ref MemberOutput members, UserLeft left)
    {
        members.Begin("user_left"u8);
        members.Room(left.Room);
        members.Text("userId"u8, left.UserId);
        members.Time("timestamp"u8, left.Timestamp);
        members.Number("count"u8, left.Count);
        members.Raw("reason"u8, WireNames.Of(left.Reason));
    }

    // {"type":"presence_digest","room":"lobby","count":5120,"joined":12,"left":3}
    private static void WriteDigest(ref MemberOutput members, PresenceDigest digest)
    {
        members.Begin("presence_digest"u8);
        members.Room(digest.Room);
        members.Number("count"u8, digest.Count);
        members.Number("joined"u8, digest.Joined);
        members.Number("left"u8, digest.Left);
    }

    // {"type":"receipt","room":"lobby","userId":"u2","status":"delivered","seq":58}
    private static void WriteReceipt(ref MemberOutput members, Receipt receipt)
    {
        members.Begin("receipt"u8);
        members.Room(receipt.Room);
        members.Text("userId"u8, receipt.UserId);
        members.Raw("status"u8, WireNames.Of(receipt.Status));
        members.Number("seq"u8, receipt.Seq);
    }

    // {"type":"typing","room":"42","chatId":42,"userId":"u1","name":"Ann","isTyping":true}; its end is stop_typing where
    // the start bore no flag
    private static void WriteTyping(ref MemberOutput members, Typing typing)
    {
        members.Begin(typing.Active || typing.CarriedFlag ? "typing"u8 : "stop_typing"u8);
        members.Room(typing.Room);
        members.RawMember(typing.RoomField.Span);
        members.Text("userId"u8, typing.UserId);
        members.Text("name"u8, typing.Name);
        members.Flag("isTyping"u8, typing.Active);
    }
}
