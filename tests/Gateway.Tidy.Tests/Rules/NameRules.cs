// Names come from the domain, and a file says what it is for before it says anything else.

using System.Text.RegularExpressions;

namespace Gateway.Tidy.Tests.Rules;

internal static partial class NameRules
{
    private static readonly HashSet<string> Banned =
        ["Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Common", "Extensions"];

    public static IEnumerable<Finding> EmptyNames(SourceFile file)
    {
        if (!file.IsCode)
            yield break;

        foreach (var part in file.Path[..^".cs".Length].Split('/').Where(IsBanned))
            yield return new Finding(file.Path, 1, $"the name {part}", "name it for what it does");

        foreach (var match in TypeName().Matches(file.Code).Cast<Match>())
        {
            var name = match.Groups["name"].Value;
            if (IsBanned(name))
                yield return new Finding(file.Path, file.LineOf(match.Index), $"the type {name}", "name it for what it does");
        }
    }

    public static IEnumerable<Finding> NoOpeningComment(SourceFile file)
    {
        if (file.IsProduct && !file.Text.TrimStart('\uFEFF').StartsWith("//", StringComparison.Ordinal))
            yield return new Finding(file.Path, 1, "no opening comment", "say in one to four lines what its job is, who runs it and what it must never do");
    }

    public static IEnumerable<Finding> BracedNamespaces(SourceFile file)
    {
        foreach (var match in BracedNamespace().Matches(file.IsCode ? file.Code : "").Cast<Match>())
            yield return new Finding(file.Path, file.LineOf(match.Index), "a namespace in braces", "end its line with a semicolon");
    }

    private static bool IsBanned(string name) => Word().Matches(name).Any(word => Banned.Contains(word.Value));

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record(\s+(struct|class))?)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^\s*namespace\s+[\w.]+\s*\{", RegexOptions.Multiline)]
    private static partial Regex BracedNamespace();
}
