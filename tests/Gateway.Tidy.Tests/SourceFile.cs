// One file of the tree as the rules see it: its path from the root, its text, and its code without comments and strings.

namespace Gateway.Tidy.Tests;

/// <param name="Path">From the repository's root, with forward slashes.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private readonly Lazy<string> _code = new(() => SourceText.CodeOf(Text));

    public string Code => _code.Value;

    public bool IsCode => Path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsProduct => IsCode && IsUnder("src/");

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public int LineCount => Text.AsSpan().TrimEnd('\n').Count('\n') + 1;

    public bool IsUnder(string folder) => Path.StartsWith(folder, StringComparison.Ordinal);

    public int LineOf(int index) => Text.AsSpan(0, index).Count('\n') + 1;

    public override string ToString() => Path;
}

/// <param name="Instead">What to do about it.</param>
internal sealed record Finding(string Path, int Line, string What, string Instead)
{
    public override string ToString() => $"{Path}:{Line}: {What}; {Instead}";
}
