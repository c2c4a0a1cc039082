// Who a connection without a token is, where guests are let in: "guest:" and the name that it gave itself, or a random one.

using Gateway.Actors.Connections;
using Gateway.Protocol;

namespace Gateway.Host.Auth;

internal static class GuestIdentity
{
    public static Identity From(IQueryCollection query, Func<string> randomId)
    {
        var user = query["user"].FirstOrDefault() ?? "";
        // A client may send back the id that it was given.
        if (user.StartsWith(UserId.GuestPrefix, StringComparison.Ordinal))
            user = user[UserId.GuestPrefix.Length..];
        var id = UserId.GuestPrefix + user;
        if (user.Length == 0 || !UserId.IsValid(id))
            id = UserId.GuestPrefix + randomId();
        return new Identity
        {
            UserId = id,
            Name = DisplayName.Sanitize(query["name"].FirstOrDefault()) ?? id,
            IsGuest = true,
        };
    }
}
