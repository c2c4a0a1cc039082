// The users of this node: how many connections each has, and the event quota that these share. Called from connections and from the host's
// handshakes at once; an entry lives as long as its user has a connection.

using System.Collections.Concurrent;

namespace Gateway.Actors.Connections;

internal sealed class UserDirectory(TimeProvider time, NodeOptions options)
{
    private readonly Func<string, UserQuota> _make = id => new UserQuota(id, time, options);
    private readonly ConcurrentDictionary<string, UserQuota> _users = new(StringComparer.Ordinal);

    public int ConnectionsOf(string userId) => _users.TryGetValue(userId, out var quota) ? quota.Connections : 0;

    /// <summary>Null: the user has as many connections as are allowed.</summary>
    public UserQuota? Enter(string userId)
    {
        while (true)
        {
            var quota = _users.GetOrAdd(userId, _make);
            switch (quota.TryEnter())
            {
                case UserQuota.Entry.Entered: return quota;
                case UserQuota.Entry.Full: return null;
                default:
                    // The last connection has just gone: the entry is on its way out.
                    _users.TryRemove(KeyValuePair.Create(userId, quota));
                    break;
            }
        }
    }

    public void Leave(UserQuota quota)
    {
        if (quota.Leave())
            _users.TryRemove(KeyValuePair.Create(quota.UserId, quota));
    }
}
