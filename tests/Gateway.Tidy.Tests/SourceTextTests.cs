// The scanner that tells code from text.

namespace Gateway.Tidy.Tests;

public sealed class SourceTextTests
{
    [Theory]
    [InlineData("a(); // b", "b", "a();")]
    [InlineData("a(/* b */); c", "b", "; c")]
    [InlineData("var s = \"b\"; c", "b", "; c")]
    [InlineData("var s = \"\\\"b\"; c", "b", "; c")]
    [InlineData("var s = @\"\\\"; c", "\\", "; c")]
    [InlineData("var s = @\"\"\"b\"; c", "b", "; c")]
    [InlineData("var s = \"\"\"b \" b\"\"\"; c", "b", "; c")]
    [InlineData("var s = \"\"; c", "\"", "; c")]
    [InlineData("var s = '\"'; c", "\"", "; c")]
    [InlineData("var s = '\\''; c", "'", "; c")]
    public void Comments_and_strings_are_blank(string text, string gone, string stays)
    {
        var code = SourceText.CodeOf(text);
        Assert.Equal(text.Length, code.Length);
        Assert.DoesNotContain(gone, code, StringComparison.Ordinal);
        Assert.EndsWith(stays, code.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$\"b {keep} b\"; c")]
    [InlineData("$\"b {{b}} {keep:b}\"; c")]
    [InlineData("$\"{(keep ? \"b\" : \"b\")}\"; c")]
    [InlineData("$@\"b \"\" {keep}\"; c")]
    [InlineData("$\"\"\"b {keep} \" b\"\"\"; c")]
    [InlineData("$$\"\"\"b {b} {{keep}} b\"\"\"; c")]
    public void What_is_interpolated_stays(string text)
    {
        var code = SourceText.CodeOf(text);
        Assert.Contains("keep", code, StringComparison.Ordinal);
        Assert.EndsWith("; c", code, StringComparison.Ordinal);
        Assert.DoesNotContain(" b ", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_stay_where_they_are()
    {
        const string Text = "a\n/* b\n b */\n\"\"\"\n b\n\"\"\"\nc";
        Assert.Equal(Text.Count(c => c == '\n'), SourceText.CodeOf(Text).Count(c => c == '\n'));
    }
}
