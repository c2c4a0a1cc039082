// The rules, held against this repository as it stands.

using Gateway.Tidy.Tests.Rules;

namespace Gateway.Tidy.Tests;

public sealed class SourceTreeTests
{
    [Fact]
    public void The_tree_is_there_to_be_looked_at()
    {
        Assert.Contains(Repository.Files, file => file.Path == "src/Gateway.Host/Program.cs");
        Assert.Contains(Repository.Files, file => file.Path == "src/Gateway.Actors/Gateway.Actors.csproj");
        Assert.DoesNotContain(Repository.Files, file => file.Path.Contains("/obj/", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_are_short() => Clean(SizeRules.LongFiles);

    [Fact]
    public void Methods_are_short() => Clean(SizeRules.LongMethods);

    [Fact]
    public void Banned_tokens_are_not_used() => Clean(TokenRules.BannedTokens);

    [Fact]
    public void Nothing_is_left_unfinished() => Clean(TokenRules.UnfinishedWork);

    [Fact]
    public void Names_come_from_the_domain() => Clean(NameRules.EmptyNames);

    [Fact]
    public void Files_open_with_a_comment() => Clean(NameRules.NoOpeningComment);

    [Fact]
    public void Namespaces_are_file_scoped() => Clean(NameRules.BracedNamespaces);

    [Fact]
    public void Projects_reference_whom_they_may() => Clean(LayerRules.References);

    [Fact]
    public void Layers_mention_whom_they_may() => Clean(LayerRules.Knowledge);

    [Fact]
    public void Links_in_documents_lead_somewhere() => Clean(file => DocumentRules.DeadLinks(file, Exists));

    [Fact]
    public void No_path_of_a_machine_is_written_down() => Clean(DocumentRules.MachinePaths);

    private static bool Exists(string path)
    {
        var full = Path.Combine(Repository.Root, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static void Clean(Func<SourceFile, IEnumerable<Finding>> rule)
    {
        var findings = Repository.Files.SelectMany(rule).ToList();
        Assert.True(findings.Count == 0, $"{findings.Count} findings:\n{string.Join('\n', findings)}");
    }
}
