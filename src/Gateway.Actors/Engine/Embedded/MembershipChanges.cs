// What a step of SessionTable changed: rows to write, and what to tell. The writer thread fills and empties it once a batch.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class MembershipChanges
{
    /// <summary>Sessions to write; null: to drop.</summary>
    public Dictionary<string, Session?> Rows { get; } = new(StringComparer.Ordinal);

    public Action<RoomName, RoomNotice> TellRoom { get; init; } = (_, _) => { };

    public Action<EngineNotice> TellEngine { get; init; } = _ => { };

    public void Write(Session session) => Rows[session.Id] = session;

    public void Drop(Session session) => Rows[session.Id] = null;
}
