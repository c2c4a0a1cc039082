// What had been told when the journal was lost, so that afterwards exactly the difference can be told. Made by the writer thread.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal sealed record LostState(DateTimeOffset Since, IReadOnlyDictionary<RoomName, ToldPresence> Presence)
{
    /// <summary>Takes back, in what is known of presence, the notices that were never delivered.</summary>
    public static LostState Of(EngineState state, PendingNotices notices, DateTimeOffset now)
    {
        var told = new Dictionary<RoomName, ToldPresence>();
        foreach (var (room, _) in state.Subscriptions.All)
            told[room] = new ToldPresence(state.Presence.Version(room), state.Presence.Names(room));
        foreach (var (room, change) in notices.Presence.Reverse())
        {
            if (!told.TryGetValue(room, out var presence))
                continue;
            if (change.Joined)
                presence.Users.Remove(change.UserId);
            else
                presence.Users[change.UserId] = change.Name;
            told[room] = presence with { Version = presence.Version - 1 };
        }

        return new LostState(now, told);
    }
}

/// <param name="Users">Names by user id.</param>
internal sealed record ToldPresence(long Version, Dictionary<string, string> Users);
