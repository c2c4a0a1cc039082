// Joins and publishes to a group, as the tutorial's chat does.

using Microsoft.AspNetCore.SignalR;

namespace Bench.SignalR;

internal sealed class RoomHub : Hub
{
    public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

    public Task Publish(string room, string payload) => Clients.Group(room).SendAsync("Event", payload);
}
