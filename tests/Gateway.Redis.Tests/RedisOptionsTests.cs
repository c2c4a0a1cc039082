// The address that configuration gives, and what is said when it is wrong.

namespace Gateway.Redis.Tests;

public sealed class RedisOptionsTests
{
    [Theory]
    [InlineData("localhost", "localhost:6379")]
    [InlineData("a:1,b:2 c", "a:1 b:2 c:6379")]
    [InlineData(" a:1 ,\n\tb:2, ", "a:1 b:2")]
    [InlineData("[::1],[fe80::1]:7000", "[::1]:6379 [fe80::1]:7000")]
    public void Servers_are_separated_by_commas_or_white_space(string text, string seeds) =>
        Assert.Equal(seeds, string.Join(' ', RedisOptions.Parse(text).Seeds));

    [Fact]
    public void Settings_stand_beside_the_servers()
    {
        var options = RedisOptions.Parse("a:1 user=gateway password=p=ss%word tls=true ca=ca.pem");
        Assert.Equal(("gateway", "p=ss%word", true, "ca.pem"), (options.User, options.Password, options.Tls, options.TlsCaFile));
        Assert.Equal(1500, options.CommandTimeoutMs);
    }

    [Theory]
    [InlineData("", "no server")]
    [InlineData("user=a", "no server")]
    [InlineData("a:", "'a:'")]
    [InlineData("a:0", "'a:0'")]
    [InlineData("a:65536", "'a:65536'")]
    [InlineData("a:x", "'a:x'")]
    [InlineData("a: 1", "'a:'")]
    [InlineData(":1", "':1'")]
    [InlineData("::1", "brackets")]
    [InlineData("[::1", "bracket")]
    [InlineData("[::1]x", "bracket")]
    [InlineData("[]:1", "no host")]
    [InlineData("a tls=yes", "tls=")]
    [InlineData("a user=", "user=")]
    [InlineData("a colour=red", "none of user")]
    public void What_is_wrong_is_named(string text, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => RedisOptions.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a password=secret tls=x")]
    [InlineData("a passwort=secret")]
    [InlineData("a password=se secret=cret")]
    public void The_password_is_in_no_message(string text) =>
        Assert.DoesNotContain("secret", Assert.Throws<FormatException>(() => RedisOptions.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_password_is_not_in_the_options_text()
    {
        var options = RedisOptions.Parse("a:1 user=me password=secret");
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
        Assert.Contains("a:1", options.ToString(), StringComparison.Ordinal);
    }
}
