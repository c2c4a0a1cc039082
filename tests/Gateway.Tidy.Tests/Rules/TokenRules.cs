// Words that this code base does without, each with what takes its place.

using System.Text.RegularExpressions;

namespace Gateway.Tidy.Tests.Rules;

internal static class TokenRules
{
    private static readonly Token[] Tokens =
    [
        new(@"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b", "src/", "take a TimeProvider"),
        new(@"\bEnvironment\.TickCount(64)?\b", "src/", "take a TimeProvider and its timestamps"),
        new(@"\bStopwatch\.(StartNew|GetTimestamp)\b", "src/", "take a TimeProvider and its timestamps"),
        new(@"\bnew\s+Random\s*\(|\bRandom\.Shared\b", "src/Gateway.Actors/", "take a Random, so that a seed repeats a run"),
        new(@"\basync\s+void\b", "", "return a Task"),
        new(@"\.Result\b(?!\s*=[^=>])", "src/", "await it"),
        new(@"(?<!\bMonitor)\.Wait\s*\(", "src/", "await it"),
        new(@"\bCreateUnbounded\b", "src/", "create it bounded and name what happens when it is full"),
        new(@"\block\s*\(\s*this\s*\)", "", "lock a private Lock"),
        // Engines are no actors: a disk has to be read on some thread.
        new(@"\bTask\.Run\b", "src/Gateway.Actors/", "tell an actor", Except: "src/Gateway.Actors/Engine/"),
        new(@"\bThread\.Sleep\b", "src/", "wait on a timer of the TimeProvider"),
        new(@"\bNotImplementedException\b", "", "implement it or leave it out"),
    ];

    /// <summary>Marks of unfinished work; put together here so that this file bears none.</summary>
    private static readonly Regex Unfinished = new(@"\b(TO" + "DO|FIX" + @"ME)\b");

    public static IEnumerable<Finding> BannedTokens(SourceFile file)
    {
        if (!file.IsCode)
            yield break;
        foreach (var token in Tokens.Where(token => file.IsUnder(token.Folder) && !(token.Except.Length > 0 && file.IsUnder(token.Except))))
        {
            foreach (var match in token.Pattern.Matches(file.Code).Cast<Match>())
                yield return new Finding(file.Path, file.LineOf(match.Index), match.Value, token.Instead);
        }
    }

    public static IEnumerable<Finding> UnfinishedWork(SourceFile file) =>
        from match in Unfinished.Matches(file.Text)
        select new Finding(file.Path, file.LineOf(match.Index), match.Value, "finish it, or say in docs what is left out");

    /// <param name="Folder">Where it is banned; empty: everywhere.</param>
    /// <param name="Except">Where in it it is not; empty: nowhere.</param>
    private sealed record Token(string Expression, string Folder, string Instead, string Except = "")
    {
        public Regex Pattern { get; } = new(Expression);
    }
}
