// Links in the documents lead somewhere, and nothing points at one person's machine.

using System.Text.RegularExpressions;

namespace Gateway.Tidy.Tests.Rules;

internal static partial class DocumentRules
{
    /// <param name="exists">Whether a path from the repository's root is there, a file or a folder.</param>
    public static IEnumerable<Finding> DeadLinks(SourceFile file, Func<string, bool> exists)
    {
        if (!file.Path.EndsWith(".md", StringComparison.Ordinal))
            yield break;

        foreach (var match in Link().Matches(WithoutCode(file.Text)).Cast<Match>())
        {
            var target = match.Groups["target"].Value;
            if (target.Length == 0 || Scheme().IsMatch(target))
                continue;
            if (!exists(Resolve(file.Path, target)))
                yield return new Finding(file.Path, file.LineOf(match.Index), $"the link {target}", "lead it to what is there");
        }
    }

    public static IEnumerable<Finding> MachinePaths(SourceFile file) =>
        from match in MachinePath().Matches(file.Text)
        select new Finding(file.Path, file.LineOf(match.Index), match.Value.Trim(), "use a path from the repository's root");

    private static string Resolve(string from, string target)
    {
        if (target.StartsWith('/'))
            return target[1..];
        var folder = Path.GetDirectoryName(from) ?? "";
        var full = Path.GetFullPath(Path.Combine("/", folder, Uri.UnescapeDataString(target)));
        return full[1..];
    }

    private static string WithoutCode(string markdown) =>
        Fence().Replace(markdown, block => new string([.. block.Value.Select(c => c == '\n' ? '\n' : ' ')]));

    [GeneratedRegex(@"\[[^\]]*\]\((?<target>[^)#\s]*)(#[^)\s]*)?(\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"(?<![\w.:/])(/wor[k]/|/far[m]/|/roo[t]/|/hom[e]/[a-z]|/User[s]/[A-Za-z]|[A-Z]:\\User[s]\\)\S*")]
    private static partial Regex MachinePath();
}
