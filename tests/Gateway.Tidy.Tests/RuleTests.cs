// Every rule can fail: each is shown a doctored file that breaks it, and a neighbour that does not.

using System.Text;
using Gateway.Tidy.Tests.Rules;

namespace Gateway.Tidy.Tests;

public sealed class RuleTests
{
    private static SourceFile Source(string text, string path = "src/Gateway.Actors/Rooms/RoomActor.cs") => new(path, text);

    [Fact]
    public void A_file_of_321_lines_is_long_and_one_of_320_is_not()
    {
        var lines = string.Concat(Enumerable.Repeat("// line\n", SizeRules.FileLines));
        Assert.Empty(SizeRules.LongFiles(Source(lines)));
        Assert.Single(SizeRules.LongFiles(Source(lines + "// one more\n")));
        Assert.Empty(SizeRules.LongFiles(Source(lines + "// one more\n", "tests/Some.Tests/Long.cs")));
    }

    [Theory]
    [InlineData("public void Long(int a)\n{\n", "}")]
    [InlineData("public async Task<int> Long<T>(T a)\n    where T : class\n{\n", "}")]
    [InlineData("public Room(int a)\n    : base(a)\n{\n", "}")]
    [InlineData("public int Long(int a) =>\n", ";")]
    [InlineData("public int Long(int a) => a switch\n{\n", "};")]
    [InlineData("[Fact]\npublic void Long(int a)\n{\n if (a == 1) { a(); }\n foreach (var b in c) { var d = new E { F = 1 }; }\n", "}")]
    public void A_long_method_is_found_whatever_its_form(string opening, string closing)
    {
        string File(int lines) => Class(opening + string.Concat(Enumerable.Repeat("\n", lines)) + closing);
        Assert.Empty(SizeRules.LongMethods(Source(File(40))));
        Assert.Single(SizeRules.LongMethods(Source(File(80))));
    }

    [Fact]
    public void Short_methods_do_not_add_up_and_braces_in_text_do_not_count()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 60; i++)
            text.Append("public void Short(string a = \"{ ( \\\" {\")\n{\n // } {{ \n var b = $\"{{ {(a + \"}\")} \";\n var c = '{'; var d = @\"{\"\"\"; var e = \"\"\" { \" \"\"\";\n}\n\n");
        Assert.Empty(SizeRules.LongMethods(Source(Class(text.ToString()))));
    }

    [Fact]
    public void A_long_table_is_no_method()
    {
        var table = "private static readonly Dictionary<string, int> Table = new(10)\n{\n" + string.Concat(Enumerable.Repeat("[\"a\"] = F(1),\n", 90)) + "};\n";
        Assert.Empty(SizeRules.LongMethods(Source(Class(table))));
    }

    [Theory]
    [InlineData("var now = DateTime.UtcNow;")]
    [InlineData("var now = DateTime.Now;")]
    [InlineData("var now = DateTimeOffset.UtcNow;")]
    [InlineData("var now = Environment.TickCount64;")]
    [InlineData("var watch = Stopwatch.StartNew();")]
    [InlineData("private async void Fire() { }")]
    [InlineData("var a = task.Result;")]
    [InlineData("task.Wait();")]
    [InlineData("Channel.CreateUnbounded<int>();")]
    [InlineData("lock (this) { }")]
    [InlineData("lock(this) { }")]
    [InlineData("_ = Task.Run(() => 1);")]
    [InlineData("Thread.Sleep(5);")]
    [InlineData("var r = new Random();")]
    [InlineData("var r = Random.Shared.Next();")]
    [InlineData("throw new NotImplementedException();")]
    public void A_banned_token_is_found_in_code_and_names_its_replacement(string line)
    {
        var finding = Assert.Single(TokenRules.BannedTokens(Source(Class(line))));
        Assert.NotEmpty(finding.Instead);
        Assert.Equal(3, finding.Line);
        Assert.Empty(TokenRules.BannedTokens(Source(Class("// " + line))));
        Assert.Empty(TokenRules.BannedTokens(Source(Class("/* " + line + " */"))));
        Assert.Empty(TokenRules.BannedTokens(Source(Class("var s = @\"" + line + "\";"))));
        Assert.NotEmpty(TokenRules.BannedTokens(Source(Class("var s = $\"{" + line.TrimEnd(';') + "}\";"))));
    }

    [Theory]
    [InlineData("var results = a.Results;")]
    [InlineData("a.Result = 5;")]
    [InlineData("await a.WaitAsync(token);")]
    [InlineData("Monitor.Wait(_gate);")]
    [InlineData("lock (_gate) { }")]
    [InlineData("var now = time.GetUtcNow();")]
    public void What_only_looks_like_a_banned_token_passes(string line) =>
        Assert.Empty(TokenRules.BannedTokens(Source(Class(line))));

    [Fact]
    public void Tokens_are_banned_where_they_do_harm()
    {
        Assert.Empty(TokenRules.BannedTokens(Source("_ = Task.Run(() => 1);", "src/Gateway.Host/Program.cs")));
        Assert.Empty(TokenRules.BannedTokens(Source("_ = Task.Run(() => 1);", "src/Gateway.Actors/Engine/Embedded/A.cs")));
        Assert.Empty(TokenRules.BannedTokens(Source("Thread.Sleep(1);", "tests/A.Tests/ATests.cs")));
        Assert.Single(TokenRules.BannedTokens(Source("async void A() { }", "tests/A.Tests/ATests.cs")));
        Assert.Empty(TokenRules.BannedTokens(Source("Thread.Sleep(1)", "docs/page.md")));
    }

    [Theory]
    [InlineData("TO", "DO")]
    [InlineData("FIX", "ME")]
    public void Unfinished_work_is_found_in_any_file(string start, string end)
    {
        Assert.Single(TokenRules.UnfinishedWork(Source($"// {start}{end}: later")));
        Assert.Single(TokenRules.UnfinishedWork(Source($"- {start}{end} later", "docs/page.md")));
        Assert.Empty(TokenRules.UnfinishedWork(Source($"// {start} {end} and {start}{end}S")));
    }

    [Theory]
    [InlineData("src/Gateway.Actors/Rooms/RoomUtils.cs", "internal sealed class Room;")]
    [InlineData("src/Gateway.Actors/Common/Room.cs", "internal sealed class Room;")]
    [InlineData("src/Gateway.Actors/Rooms/Room.cs", "internal sealed class RoomManager;")]
    [InlineData("src/Gateway.Actors/Rooms/Room.cs", "internal static class RoomExtensions;")]
    [InlineData("src/Gateway.Actors/Rooms/Room.cs", "internal readonly record struct HelperState;")]
    [InlineData("tests/A.Tests/TestHelpers.cs", "internal sealed class Room;")]
    public void An_empty_name_is_found(string path, string text) => Assert.Single(NameRules.EmptyNames(Source(text, path)));

    [Theory]
    [InlineData("using Microsoft.Extensions.Logging; internal sealed class Room;")]
    [InlineData("internal sealed class Commons; // class RoomManager")]
    public void Another_name_passes(string text) => Assert.Empty(NameRules.EmptyNames(Source(text)));

    [Fact]
    public void A_file_without_an_opening_comment_is_found()
    {
        Assert.Single(NameRules.NoOpeningComment(Source("namespace A;\n// late")));
        Assert.Empty(NameRules.NoOpeningComment(Source("\uFEFF// The job of it.\nnamespace A;")));
        Assert.Empty(NameRules.NoOpeningComment(Source("namespace A;", "tests/A.Tests/B.cs")));
    }

    [Fact]
    public void A_namespace_in_braces_is_found()
    {
        Assert.Single(NameRules.BracedNamespaces(Source("// a\nnamespace A.B\n{\n}\n")));
        Assert.Empty(NameRules.BracedNamespaces(Source("// a\nnamespace A.B;\nclass C { }\n")));
    }

    [Theory]
    [InlineData("Gateway.Protocol", "<ProjectReference Include=\"..\\Gateway.Actors\\Gateway.Actors.csproj\" />")]
    [InlineData("Gateway.Protocol", "<PackageReference Include=\"Anything\" />")]
    [InlineData("Gateway.Actors", "<ProjectReference Include=\"../Gateway.Host/Gateway.Host.csproj\" />")]
    [InlineData("Gateway.Actors", "<FrameworkReference Include=\"Microsoft.AspNetCore.App\" />")]
    [InlineData("Gateway.Client", "<ProjectReference Include=\"../Gateway.Actors/Gateway.Actors.csproj\" />")]
    [InlineData("Gateway.Surprise", "")]
    public void A_forbidden_reference_is_found(string project, string item) =>
        Assert.Single(LayerRules.References(Project(project, "Microsoft.NET.Sdk", item)));

    [Fact]
    public void Allowed_references_pass_and_the_web_is_the_hosts()
    {
        Assert.Empty(LayerRules.References(Project("Gateway.Actors", "Microsoft.NET.Sdk", "<ProjectReference Include=\"..\\Gateway.Protocol\\Gateway.Protocol.csproj\" />")));
        Assert.Empty(LayerRules.References(Project("Gateway.Host", "Microsoft.NET.Sdk.Web", "")));
        Assert.Single(LayerRules.References(Project("Gateway.Actors", "Microsoft.NET.Sdk.Web", "")));
    }

    [Theory]
    [InlineData("src/Gateway.Protocol/A.cs", "using Microsoft.Extensions.Logging;")]
    [InlineData("src/Gateway.Protocol/A.cs", "using System.Net.Sockets;")]
    [InlineData("src/Gateway.Actors/Rooms/A.cs", "using System.Net.Sockets;")]
    [InlineData("src/Gateway.Actors/Rooms/A.cs", "using System.Net.WebSockets;")]
    [InlineData("src/Gateway.Actors/Engine/A.cs", "using Microsoft.AspNetCore.Http;")]
    [InlineData("src/Gateway.Actors/Kernel/A.cs", "using Gateway.Protocol;")]
    [InlineData("src/Gateway.Actors/Kernel/A.cs", "using Gateway.Actors.Rooms;")]
    [InlineData("src/Gateway.Actors/Rooms/A.cs", "using Gateway.Actors.Engine.Embedded;")]
    [InlineData("src/Gateway.Actors/Presence/A.cs", "var e = new Engine.Embedded.Journal();")]
    [InlineData("src/Gateway.Actors/Connections/A.cs", "using Microsoft.Data.Sqlite;")]
    public void Forbidden_knowledge_is_found(string path, string text) => Assert.Single(LayerRules.Knowledge(Source("// a\n" + text, path)));

    [Theory]
    [InlineData("src/Gateway.Host/A.cs", "using Microsoft.AspNetCore.Http; using Gateway.Actors.Engine.Embedded;")]
    [InlineData("src/Gateway.Actors/Rooms/A.cs", "using Gateway.Actors.Engine; using Gateway.Protocol.WebSockets;")]
    [InlineData("src/Gateway.Actors/Engine/Embedded/A.cs", "using Microsoft.Data.Sqlite;")]
    [InlineData("src/Gateway.Actors/Kernel/A.cs", "namespace Gateway.Actors.Kernel; // Gateway.Actors.Rooms")]
    public void Allowed_knowledge_passes(string path, string text) => Assert.Empty(LayerRules.Knowledge(Source(text, path)));

    [Theory]
    [InlineData("README.md", "see [it](docs/NOTHING.md)")]
    [InlineData("docs/A.md", "see [it](B.md#part)")]
    [InlineData("docs/A.md", "see ![a picture](../b.png \"title\")")]
    [InlineData("docs/decisions/0001.md", "see [it](A.md)")]
    public void A_dead_link_is_found(string path, string text) => Assert.Single(DocumentRules.DeadLinks(Source(text, path), Exists));

    [Theory]
    [InlineData("README.md", "see [it](docs/A.md#part), [web](https://example.org/x), [mail](mailto:a@example.org), [here](#part)")]
    [InlineData("docs/decisions/0001.md", "see [it](../A.md) and [root](../../README.md)")]
    [InlineData("docs/A.md", "```\n[x](nothing)\n``` and `[y](nothing)`")]
    [InlineData("src/A.cs", "// [x](nothing)")]
    public void A_living_link_passes(string path, string text) => Assert.Empty(DocumentRules.DeadLinks(Source(text, path), Exists));

    [Theory]
    [InlineData("/wor", "k/main/src")]
    [InlineData("/roo", "t/.nuget")]
    [InlineData("/hom", "e/ann/gateway")]
    [InlineData(@"C:\User", @"s\ann")]
    public void A_path_of_a_machine_is_found(string start, string end)
    {
        Assert.Single(DocumentRules.MachinePaths(Source($"run it in {start}{end}", "docs/A.md")));
        Assert.Empty(DocumentRules.MachinePaths(Source($"fetch https://example.org{start}{end} or src{start}{end}", "docs/A.md")));
    }

    private static bool Exists(string path) => path is "README.md" or "docs/A.md";

    private static string Class(string members) => $"// A doctored file.\ninternal sealed class Doctored {{\n{members}\n}}\n";

    private static SourceFile Project(string name, string sdk, string items) =>
        new($"src/{name}/{name}.csproj", $"<Project Sdk=\"{sdk}\"><ItemGroup>{items}</ItemGroup></Project>");
}
