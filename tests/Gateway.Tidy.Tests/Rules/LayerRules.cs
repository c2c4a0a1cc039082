// Who may know whom, as docs/ARCHITECTURE.md draws it: by project references, and inside Gateway.Actors by the names that code mentions.

using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Gateway.Tidy.Tests.Rules;

internal static class LayerRules
{
    /// <summary>What a project may reference; one that is not listed may not be there.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Gateway.Protocol"] = [],
        ["Gateway.Redis"] = [],
        ["Gateway.Actors"] = ["Gateway.Protocol", "Gateway.Redis"],
        ["Gateway.Host"] = ["Gateway.Actors", "Gateway.Protocol", "Gateway.Redis"],
        ["Gateway.Client"] = ["Gateway.Protocol"],
    };

    private static readonly Mention[] Mentions =
    [
        new("src/Gateway.Protocol/", @"\bMicrosoft\.|\bSystem\.Net\b|\bSystem\.IO\.(File|Pipelines)|\bGateway\.(Actors|Host|Redis)\b", "Protocol does no I/O and knows nobody"),
        new("src/Gateway.Actors/", @"\bMicrosoft\.AspNetCore\b|\bSystem\.Net\.(Sockets|WebSockets|Http)\b|\bGateway\.Host\b|\bSerilog\b", "ASP.NET, sockets and Serilog are the host's"),
        new("src/Gateway.Actors/Kernel/", @"\bGateway\.(Protocol|Redis|Actors\.(?!Kernel\b)\w+)", "the kernel knows nobody"),
        new("src/Gateway.Actors/Policy/", @"\bGateway\.Actors\.(?!Policy\b)\w+", "policy knows nobody"),
        new("src/Gateway.Actors/Delivery/", @"\bGateway\.Actors\.(?!Delivery\b)\w+", "the way out knows nobody"),
        new("src/Gateway.Actors/Engine/", @"\bGateway\.Actors\.(Connections|Rooms|Presence|Delivery)\b", "the engine knows no actor"),
        new("src/Gateway.Actors/Rooms/", @"\bGateway\.Actors\.(Connections|Presence)\b", "rooms know connections by their messages only"),
        new("src/Gateway.Actors/Rooms/", EngineInside, "engines are known by their seam only"),
        new("src/Gateway.Actors/Presence/", EngineInside, "engines are known by their seam only"),
        new("src/Gateway.Actors/Connections/", EngineInside, "engines are known by their seam only"),
        new("src/Gateway.Client/", @"\bGateway\.(Actors|Host|Redis)\b", "a client knows the protocol only"),
    ];

    private const string EngineInside = @"\bEngine\.(Embedded|Redis)\b|\bGateway\.Redis\b|\bMicrosoft\.Data\b";

    public static IEnumerable<Finding> References(SourceFile file)
    {
        if (!file.IsUnder("src/") || !file.Path.EndsWith(".csproj", StringComparison.Ordinal))
            yield break;

        var project = XDocument.Parse(file.Text);
        if (!Allowed.TryGetValue(file.Name, out var allowed))
        {
            yield return new Finding(file.Path, 1, $"the project {file.Name}", "say in the layer rules whom it may know");
            yield break;
        }

        foreach (var reference in Includes(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))
        {
            if (!allowed.Contains(reference))
                yield return new Finding(file.Path, 1, $"{file.Name} references {reference}", "turn the dependency round, or go by a seam");
        }

        var host = file.Name == "Gateway.Host";
        if (!host && (project.Root?.Attribute("Sdk")?.Value.EndsWith(".Web", StringComparison.Ordinal) == true || Includes(project, "FrameworkReference").Any()))
            yield return new Finding(file.Path, 1, $"{file.Name} sees ASP.NET", "only the host does");
        if (file.Name == "Gateway.Protocol" && Includes(project, "PackageReference").Any())
            yield return new Finding(file.Path, 1, "Gateway.Protocol references a package", "it references nothing");
    }

    public static IEnumerable<Finding> Knowledge(SourceFile file)
    {
        if (!file.IsCode)
            yield break;
        foreach (var mention in Mentions.Where(mention => file.IsUnder(mention.Folder)))
        {
            foreach (var match in mention.Pattern.Matches(file.Code).Cast<Match>())
                yield return new Finding(file.Path, file.LineOf(match.Index), match.Value, mention.Why);
        }
    }

    private static IEnumerable<string> Includes(XDocument project, string element) =>
        project.Descendants(element).Select(item => item.Attribute("Include")?.Value ?? "");

    private sealed record Mention(string Folder, string Expression, string Why)
    {
        public Regex Pattern { get; } = new(Expression);
    }
}
