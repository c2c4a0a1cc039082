// One event of a room, as engines keep it and dialects write it. Immutable; shared between actors, threads and rooms.

namespace Gateway.Protocol;

public sealed record RoomEvent
{
    public required RoomName Room { get; init; }

    public required string Type { get; init; }

    /// <summary>The sender's id for it, or one that the server made.</summary>
    public required string Id { get; init; }

    public required string SenderId { get; init; }

    public required string SenderName { get; init; }

    /// <summary>The sender's own members, as they came: JSON members without the braces, comma-separated
    /// (<c>"content":"hi","n":1.10</c>), free of every member that the server stamps. May be empty.</summary>
    public required ReadOnlyMemory<byte> Fields { get; init; }

    /// <summary>Position in the room, from 1; 0 where the event is not stored.</summary>
    public long Seq { get; init; }

    /// <summary>The room's epoch when it was stored; null where it is not.</summary>
    public string? Epoch { get; init; }

    /// <summary>Milliseconds since the Unix epoch, by the engine's clock.</summary>
    public long TimestampMs { get; init; }

    /// <summary>Of an event in a room of mode <c>latest</c>.</summary>
    public string? Key { get; init; }

    /// <summary>The connection that published it, which gets the ack instead of the event; 0: none of ours.</summary>
    public ulong Origin { get; init; }

    public bool Ephemeral { get; init; }

    /// <summary>What it takes in a queue or cache, for bounds.</summary>
    public int ApproximateBytes =>
        Fields.Length + Room.Value.Length + Id.Length + SenderId.Length + (3 * (SenderName.Length + Type.Length)) + 192;
}
