// The first words on a connection: HELLO 3 with user and password, then who is there. Refusals become messages that name the cure.

namespace Gateway.Redis.Connections;

internal static class Handshake
{
    private const string Name = "gateway";

    private const int MinMajorVersion = 7;

    private static readonly RedisCommand WhoIsThere = RedisCommand.Of("INFO", "server", "replication", "persistence");

    /// <inheritdoc cref="Dialer.Dial"/>
    public static async Task<ServerFacts> Greet(Link link, RedisOptions options, CancellationToken ct)
    {
        var hello = await link.Ask(Hello(options), ct).ConfigureAwait(false);
        if (hello.Error is { } refused)
            throw Refusal(link.Endpoint, "HELLO", options, refused);
        if (hello.Kind != RedisKind.Map)
            throw new RedisStartException($"{link.Endpoint} does not speak RESP3: Redis 7.0 or newer is needed.");
        if (Of(hello, "mode") == "sentinel")
            throw new RedisStartException($"{link.Endpoint} is a Sentinel: name the Redis servers themselves.");

        var info = await link.Ask(WhoIsThere, ct).ConfigureAwait(false);
        if (info.Error is { } hidden)
            throw Refusal(link.Endpoint, "INFO", options, hidden);
        return Judge(link.Endpoint, ServerFacts.Of(info.Text));
    }

    private static RedisCommand Hello(RedisOptions options) => options.Password is { } password
        ? RedisCommand.Of("HELLO", 3, "AUTH", options.User ?? "default", password, "SETNAME", Name)
        : RedisCommand.Of("HELLO", 3, "SETNAME", Name);

    private static ServerFacts Judge(RedisEndpoint endpoint, ServerFacts facts)
    {
        if (!int.TryParse(facts.Version.Split('.')[0], out var major) || major < MinMajorVersion)
            throw new RedisStartException($"{endpoint} is Redis {facts.Version}: 7.0 or newer is needed, for Functions and shard channels.");
        if (facts.RunId.Length != RedisArgument.RunIdLength)
            throw new RedisStartException($"{endpoint} does not tell its run_id in INFO: it is no Redis, or something between hides it.");
        if (facts.IsLoading)
            throw new LinkException($"{endpoint} is loading its data") { IsLoading = true };
        return facts;
    }

    private static Exception Refusal(RedisEndpoint endpoint, string command, RedisOptions options, RedisError error)
    {
        var word = error.Message.Split(' ')[0];
        return error.Code switch
        {
            RedisErrorCode.Loading or RedisErrorCode.Busy or RedisErrorCode.MasterDown => new LinkException($"{endpoint} answered {command} with {word}") { IsLoading = error.Code == RedisErrorCode.Loading },
            RedisErrorCode.NoAuth when options.Password is null => new RedisStartException($"{endpoint} wants a password: set password=…, and user=… where it is not the default user."),
            RedisErrorCode.NoAuth => new RedisStartException($"{endpoint} does not accept the user '{options.User ?? "default"}' with this password, or the user is off."),
            RedisErrorCode.NoPermission => new RedisStartException($"{endpoint} does not let the user '{options.User ?? "default"}' run {command}: give it +{command.ToLowerInvariant()}."),
            _ when error.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase) || word == "NOPROTO" =>
                new RedisStartException($"{endpoint} does not know {command} as Redis 7.0 does: 7.0 or newer is needed."),
            _ when word == "DENIED" => new RedisStartException($"{endpoint} is in protected mode: set a password there, or bind it to an address that it may be reached at."),
            // Too many clients, for example: that passes.
            _ => new LinkException($"{endpoint} answered {command} with {word}"),
        };
    }

    private static string Of(in RedisReply map, string key)
    {
        for (var i = 0; i + 1 < map.Count; i += 2)
        {
            if (map[i].Text == key)
                return map[i + 1].Text;
        }

        return "";
    }
}
