// Finds the repository from where the tests run, and reads the files that the rules are about. Never what a build or an
// installation left there.

namespace Gateway.Tidy.Tests;

internal static class Repository
{
    private static readonly string[] Folders = ["src", "tests", "docs", "bench", "clients", ".ci"];
    private static readonly string[] Left = ["bin", "obj", "node_modules", "data", "TestResults", "__pycache__", ".git"];
    private static readonly string[] TextEndings = [".cs", ".csproj", ".props", ".md", ".mjs", ".js", ".ts", ".css", ".html", ".py", ".sh", ".json", ".yml", ".yaml", ""];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Files { get; } = [.. Read()];

    public static IEnumerable<SourceFile> Code => Files.Where(file => file.IsCode);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Gateway.sln above {AppContext.BaseDirectory}.");
    }

    private static IEnumerable<SourceFile> Read()
    {
        var top = Directory.EnumerateFiles(Root).Where(path => Path.GetFileName(path) is not ".git");
        var below = Folders.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists).SelectMany(Below);
        return top.Concat(below)
            .Where(path => TextEndings.Contains(Path.GetExtension(path)))
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)));
    }

    private static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder).Concat(
            Directory.EnumerateDirectories(folder).Where(child => !Left.Contains(Path.GetFileName(child))).SelectMany(Below));
}
