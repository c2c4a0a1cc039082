// Names as others see them: without control characters, not longer than a line. Never throws.

using System.Globalization;
using System.Text;

namespace Gateway.Host.Auth;

internal static class DisplayName
{
    /// <summary>A name is in every event of its user; the contract sets no number, this keeps one sane.</summary>
    public const int MaxChars = 128;

    /// <summary>Null where nothing is left.</summary>
    public static string? Sanitize(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var clean = new StringBuilder(Math.Min(text.Length, MaxChars));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > MaxChars)
                break;
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate) && !IsDirectionOverride(rune))
            {
                clean.Append(rune);
            }
        }

        var name = clean.ToString().Trim();
        return name.Length > 0 ? name : null;
    }

    /// <summary>U+202A–202E and U+2066–2069 turn the text around them, so that a name could pass for another.</summary>
    private static bool IsDirectionOverride(Rune rune) => rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
}
