// The contract's error codes as problem details spell them: the enumeration's own names in snake case, as the dialect writes them.

using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Protocol;

namespace Gateway.Host.Auth;

internal static class WireCode
{
    private static readonly FrozenDictionary<ErrorCode, string> Names =
        Enum.GetValues<ErrorCode>().ToFrozenDictionary(code => code, code => JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString()));

    public static string Of(ErrorCode code) => Names[code];
}
