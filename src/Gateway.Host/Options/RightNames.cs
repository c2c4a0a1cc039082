// How the contract spells the rights, in the claim "rooms" and in the configuration.

using Gateway.Actors.Policy;

namespace Gateway.Host.Options;

internal static class RightNames
{
    public const string All = "join, publish, presence and history";

    public static bool TryParse(string? name, out Rights right)
    {
        right = name switch
        {
            "join" => Rights.Join,
            "publish" => Rights.Publish,
            "presence" => Rights.Presence,
            "history" => Rights.History,
            _ => Rights.None,
        };
        return right != Rights.None;
    }
}
