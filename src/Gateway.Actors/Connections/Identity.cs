// Who a connection speaks for, as a token or the guest rule made it. Immutable; a renewal makes a new one.

using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors.Connections;

public sealed record Identity
{
    public required string UserId { get; init; }

    public required string Name { get; init; }

    public bool IsGuest { get; init; }

    /// <summary>Null: never (guests).</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The claim <c>rooms</c>; null: the namespaces' own rights hold.</summary>
    public RoomGrants? Grants { get; init; }

    /// <summary>The claim <c>join</c>.</summary>
    public IReadOnlyList<RoomName> JoinRooms { get; init; } = [];

    /// <summary>The claim <c>rate</c>: events a second, where above the configured limit.</summary>
    public double? EventsPerSecond { get; init; }

    /// <summary>What this user may do in a room; None in a namespace that is not served.</summary>
    public Rights RightsIn(RoomName room, Namespaces namespaces)
    {
        if (namespaces.Find(room) is not { } policy)
            return Rights.None;
        if (room.IsUserRoom && room.LocalName == UserId)
            return Rights.Join | Rights.History | (Grants?.Find(room) ?? Rights.None);
        return Grants is null ? policy.Rights : Grants.Find(room);
    }
}
