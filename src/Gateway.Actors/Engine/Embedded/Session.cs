// One session as the engine keeps it. Owned by the writer thread, changed by SessionTable alone.

using Gateway.Protocol;

namespace Gateway.Actors.Engine.Embedded;

internal enum SessionState
{
    Attached,

    /// <summary>Nobody owns it; it can be claimed.</summary>
    Detached,

    /// <summary>Ended, but its presence stays for the grace period; it can't be claimed.</summary>
    Lingering,
}

internal sealed class Session(string id, string userId)
{
    public string Id { get; } = id;

    public string UserId { get; } = userId;

    public string Name { get; set; } = "";

    public long Fence { get; set; }

    public ulong ConnectionId { get; set; }

    public SessionState State { get; set; }

    /// <summary>Since when nobody owns it, in ms.</summary>
    public long DetachedAt { get; set; }

    /// <summary>Its grace period is over: it counts no longer as present.</summary>
    public bool Faded { get; set; }

    /// <summary>Each with the time since when its user is present there, in ms.</summary>
    public Dictionary<RoomName, long> Rooms { get; } = [];

    public bool IsAttached => State == SessionState.Attached;
}
