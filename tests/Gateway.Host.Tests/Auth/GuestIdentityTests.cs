// PROTOCOL §1: who a guest is.

using Gateway.Actors.Connections;
using Gateway.Host.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Host.Tests.Auth;

public sealed class GuestIdentityTests
{
    [Theory]
    [InlineData("user=ann&name=Ann", "guest:ann", "Ann")]
    [InlineData("user=ann", "guest:ann", "guest:ann")]
    [InlineData("user=guest:ann", "guest:ann", "guest:ann")]
    [InlineData("", "guest:r1", "guest:r1")]
    [InlineData("user=", "guest:r1", "guest:r1")]
    [InlineData("user=a%20b&name=A%20B", "guest:r1", "A B")]
    [InlineData("user=%C3%A9", "guest:r1", "guest:r1")]
    [InlineData("user=ann&name=%0A%E2%80%AEx%00", "guest:ann", "x")]
    [InlineData("user=ann&name=%20", "guest:ann", "guest:ann")]
    public void A_guest_has_the_name_that_it_gave_or_a_random_one(string query, string user, string name)
    {
        var identity = From(query);
        Assert.Equal((user, name, true), (identity.UserId, identity.Name, identity.IsGuest));
        Assert.Null(identity.ExpiresAt);
    }

    [Fact]
    public void A_guest_id_is_never_longer_than_an_id()
    {
        Assert.Equal("guest:r1", From("user=" + new string('a', 123)).UserId);
        Assert.Equal(128, From("user=" + new string('a', 122)).UserId.Length);
    }

    private static Identity From(string query) =>
        GuestIdentity.From(new QueryCollection(QueryHelpers.ParseQuery(query)), () => "r1");
}
