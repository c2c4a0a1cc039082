// Writes one object member by member, commas included. Names are ours and need no escaping.

using System.Buffers;
using Gateway.Protocol.Outbound;

namespace Gateway.Protocol.Json;

internal ref struct MemberOutput(IBufferWriter<byte> output)
{
    private JsonOutput _json = new(output);

    /// <summary>Opens the object with its type and, where there is one, the id of what it answers.</summary>
    public void Begin(scoped ReadOnlySpan<byte> type, string? id = null)
    {
        _json.Raw("{\"type\":\""u8);
        _json.Raw(type);
        _json.Raw("\""u8);
        OptionalText("id"u8, id);
    }

    public void End()
    {
        _json.Raw("}"u8);
        _json.Complete();
    }

    public void Room(RoomName room) => Text("room"u8, room.Value);

    public void Text(scoped ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        _json.Text(value);
    }

    public void OptionalText(scoped ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            Text(name, value);
    }

    public void Number(scoped ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        _json.Number(value);
    }

    public void OptionalNumber(scoped ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            Number(name, number);
    }

    public void Flag(scoped ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        _json.Flag(value);
    }

    public void Time(scoped ReadOnlySpan<byte> name, DateTimeOffset value)
    {
        Name(name);
        _json.Time(value);
    }

    /// <summary>A value that is JSON already.</summary>
    public void Raw(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> json)
    {
        Name(name);
        _json.Raw(json);
    }

    /// <summary>A member, name and value, that is JSON already; nothing where it is empty.</summary>
    public void RawMember(scoped ReadOnlySpan<byte> member)
    {
        if (member.IsEmpty)
            return;
        _json.Raw(","u8);
        _json.Raw(member);
    }

    public void Events(IReadOnlyList<RoomEvent> events)
    {
        Name("events"u8);
        EventWriter.WriteList(ref _json, events);
    }

    /// <summary>"heads":{"lobby":58}</summary>
    public void Heads(IReadOnlyList<RoomHead> heads)
    {
        Name("heads"u8);
        _json.Raw("{"u8);
        for (var i = 0; i < heads.Count; i++)
        {
            if (i > 0)
                _json.Raw(","u8);
            _json.Text(heads[i].Room.Value);
            _json.Raw(":"u8);
            _json.Number(heads[i].Seq);
        }

        _json.Raw("}"u8);
    }

    /// <summary>"users":[{"userId":"u1","name":"Ann","since":"…","devices":1}]; nothing where there is no list.</summary>
    public void Users(IReadOnlyList<PresentUser>? users)
    {
        if (users is null)
            return;
        Name("users"u8);
        _json.Raw("["u8);
        for (var i = 0; i < users.Count; i++)
        {
            _json.Raw(i > 0 ? ",{\"userId\":"u8 : "{\"userId\":"u8);
            _json.Text(users[i].UserId);
            Text("name"u8, users[i].Name);
            Time("since"u8, users[i].Since);
            Number("devices"u8, users[i].Devices);
            _json.Raw("}"u8);
        }

        _json.Raw("]"u8);
    }

    /// <summary>"receipts":[{"userId":"u2","status":"read","seq":58}]; nothing where there is no list.</summary>
    public void Receipts(IReadOnlyList<ReceiptCursor>? receipts)
    {
        if (receipts is null)
            return;
        Name("receipts"u8);
        _json.Raw("["u8);
        for (var i = 0; i < receipts.Count; i++)
        {
            _json.Raw(i > 0 ? ",{\"userId\":"u8 : "{\"userId\":"u8);
            _json.Text(receipts[i].UserId);
            Raw("status"u8, WireNames.Of(receipts[i].Status));
            Number("seq"u8, receipts[i].Seq);
            _json.Raw("}"u8);
        }

        _json.Raw("]"u8);
    }

    private void Name(scoped ReadOnlySpan<byte> name)
    {
        _json.Raw(",\""u8);
        _json.Raw(name);
        _json.Raw("\":"u8);
    }
}
