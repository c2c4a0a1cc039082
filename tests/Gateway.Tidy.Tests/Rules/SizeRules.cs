// A file and a method are short enough to be read in one go. Members are found by their braces and headers: a heuristic
// that errs on the side of not seeing a member, never on counting two as one.

using System.Text.RegularExpressions;

namespace Gateway.Tidy.Tests.Rules;

internal static partial class SizeRules
{
    /// <summary>"About 300" of STYLE.md, with room for the last comment.</summary>
    public const int FileLines = 320;

    /// <summary>"Under 60" of STYLE.md, counted with attributes and header.</summary>
    public const int MethodLines = 70;

    public static IEnumerable<Finding> LongFiles(SourceFile file)
    {
        if (file.IsProduct && file.LineCount > FileLines)
            yield return new Finding(file.Path, FileLines, $"{file.LineCount} lines", "find the second concept in it and give it a file");
    }

    public static IEnumerable<Finding> LongMethods(SourceFile file)
    {
        if (!file.IsProduct)
            yield break;
        foreach (var (start, end) in Members(file.Code))
        {
            var (first, last) = (file.LineOf(start), file.LineOf(end));
            if (last - first + 1 > MethodLines)
                yield return new Finding(file.Path, first, $"a member of {last - first + 1} lines", "split it into named steps");
        }
    }

    /// <summary>Where methods, constructors and the like begin and end.</summary>
    private static IEnumerable<(int Start, int End)> Members(string code)
    {
        var blocks = new Stack<Block>([new Block(Kind.Type, 0)]);
        var start = 0;
        for (var i = 0; i < code.Length; i++)
        {
            if (code[i] is not ('{' or '}' or ';'))
                continue;

            var header = code[start..i];
            var parent = blocks.Peek().Kind;
            if (code[i] == '{')
            {
                var kind = Classify(header, parent);
                blocks.Push(new Block(kind, Skip(code, start)));
                start = i + 1;
                continue;
            }

            if (code[i] == ';' && parent == Kind.Type && IsMethodHeader(header))
                yield return (Skip(code, start), i);

            if (code[i] == '}' && blocks.Count > 1 && blocks.Pop() is { Kind: Kind.Method } method)
                yield return (method.Start, i);

            start = i + 1;
        }
    }

    private static Kind Classify(string header, Kind parent)
    {
        if (TypeHeader().IsMatch(header))
            return Kind.Type;
        if (parent == Kind.Type && IsMethodHeader(header))
            return Kind.Method;
        return Kind.Other;
    }

    private static bool IsMethodHeader(string header)
    {
        var parenthesis = header.IndexOf('(', StringComparison.Ordinal);
        var equals = Assignment().Match(header) is { Success: true } match ? match.Index : int.MaxValue;
        return parenthesis >= 0 && parenthesis < equals;
    }

    private static int Skip(string code, int from)
    {
        while (from < code.Length && char.IsWhiteSpace(code[from]))
            from++;
        return from;
    }

    private enum Kind
    {
        Type,
        Method,
        Other,
    }

    private readonly record struct Block(Kind Kind, int Start);

    [GeneratedRegex(@"\b(class|struct|record|interface|enum|namespace)\s+\w")]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"(?<![=!<>])=(?![=>])")]
    private static partial Regex Assignment();
}
