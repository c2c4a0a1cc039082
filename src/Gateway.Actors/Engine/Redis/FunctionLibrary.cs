// The library of functions that the engine runs inside Redis: its text, what it calls there, and how it gets onto a primary. One version of it has
// one name, so that two versions of the gateway can live on one Redis.

using System.Text.RegularExpressions;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed partial class FunctionLibrary
{
    public const string Name = "gateway_1";

    private const string Resource = "gateway.lua";

    private FunctionLibrary(string code)
    {
        Code = code;
        Commands = [.. Calls().Matches(code).Select(call => call.Groups[1].Value.ToUpperInvariant()).Distinct().Order(StringComparer.Ordinal)];
    }

    public static FunctionLibrary Embedded { get; } = new(Read());

    public string Code { get; }

    /// <summary>The commands that the functions call: the user that the gateway connects as needs the right to each.</summary>
    public IReadOnlyList<string> Commands { get; }

    /// <summary>Loads it where it is missing, or where another text goes by its name. The answer is Redis's, an error where it refused.</summary>
    public async ValueTask<RedisReply> Install(RedisClient client, RedisPrimary primary)
    {
        var list = await client.CallOn(primary, RedisCommand.Of("FUNCTION", "LIST", "LIBRARYNAME", Name, "WITHCODE")).ConfigureAwait(false);
        if (list.IsError || IsLoaded(list))
            return list;
        return await client.CallOn(primary, RedisCommand.Of("FUNCTION", "LOAD", "REPLACE", Code)).ConfigureAwait(false);
    }

    private bool IsLoaded(in RedisReply list)
    {
        var library = list[0];
        for (var i = 0; i + 1 < library.Count; i += 2)
        {
            if (library[i].Text == "library_code")
                return library[i + 1].Text == Code;
        }

        return false;
    }

    private static string Read()
    {
        using var stream = typeof(FunctionLibrary).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    // Also where the command is chosen first and called by a variable of that name.
    [GeneratedRegex(@"(?:redis\.p?call\(\s*|\bcommand\b[^=\n]*=\s*)'(\w+)'")]
    private static partial Regex Calls();
}
