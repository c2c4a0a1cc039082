// What a connection has yet to do in order, one thing at a time, before it handles the next message of its client: joins after a handshake,
// the steps of a resume, what the backend asked for.

using Gateway.Actors.Engine;
using Gateway.Actors.Rooms;
using Gateway.Protocol;

namespace Gateway.Actors.Connections;

internal abstract record AgendaItem;

/// <param name="CommandId">Of the client's <c>join</c>, for the answer; null where nobody asked.</param>
/// <param name="Acks">What a room that failed had still to send.</param>
internal sealed record JoinItem(RoomName Room, ReplayFrom Replay, bool Silent, string? CommandId, bool Admitted, HeldAcks? Acks = null) : AgendaItem;

internal sealed record WelcomeItem(string? CommandId, bool Resumed) : AgendaItem;

/// <summary>A room that a fresh session was in by default, and the resumed one is not.</summary>
internal sealed record LeaveItem(RoomName Room) : AgendaItem;

/// <summary>A fresh session gave way to a resumed one.</summary>
internal sealed record DiscardSessionItem(SessionKey Session) : AgendaItem;
