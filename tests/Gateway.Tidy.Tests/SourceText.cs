// Blanks out comments and the contents of strings, so that rules look at code alone. Same length, same lines; what is
// interpolated into a string stays code. A scanner for this tree's C#, not a compiler's.

namespace Gateway.Tidy.Tests;

internal static class SourceText
{
    public static string CodeOf(string text)
    {
        var scanner = new Scanner(text);
        scanner.Code(interpolationBraces: 0);
        return scanner.Blanked;
    }

    private sealed class Scanner(string text)
    {
        private readonly char[] _code = text.ToCharArray();
        private int _at;

        public string Blanked => new(_code);

        private char Here => _at < text.Length ? text[_at] : '\0';

        /// <summary>Scans code to the end, or to the braces that close an interpolation.</summary>
        public void Code(int interpolationBraces)
        {
            var depth = 0;
            while (_at < text.Length)
            {
                if (interpolationBraces > 0 && Here == '}' && depth == 0)
                {
                    Blank(interpolationBraces);
                    return;
                }

                depth += Here switch { '{' => 1, '}' => -1, _ => 0 };
                Step();
            }
        }

        private void Step()
        {
            if (StartsWith("//"))
                BlankUntil("\n", including: false);
            else if (StartsWith("/*"))
                BlankUntil("*/", including: true);
            else if (Here == '\'')
                Character();
            else if (Here == '"')
                String();
            else
                _at++;
        }

        private void Character()
        {
            Blank(1);
            while (_at < text.Length && Here is not ('\'' or '\n'))
                Blank(Here == '\\' ? 2 : 1);
            Blank(1);
        }

        private void String()
        {
            var (dollars, verbatim) = Prefix();
            var quotes = Run('"');
            if (quotes == 2)
            {
                Blank(2);
                return;
            }

            var raw = quotes >= 3 && !verbatim;
            Blank(raw ? quotes : 1);
            if (raw)
                Raw(quotes, dollars);
            else
                Plain(dollars > 0, verbatim);
        }

        private (int Dollars, bool Verbatim) Prefix()
        {
            var (dollars, verbatim) = (0, false);
            for (var i = _at - 1; i >= 0 && text[i] is '$' or '@'; i--)
            {
                dollars += text[i] == '$' ? 1 : 0;
                verbatim |= text[i] == '@';
            }

            return (dollars, verbatim);
        }

        private void Plain(bool interpolated, bool verbatim)
        {
            while (_at < text.Length)
            {
                if (Here == '\\' && !verbatim)
                    Blank(2);
                else if (Here == '"' && verbatim && StartsWith("\"\""))
                    Blank(2);
                else if (interpolated && (StartsWith("{{") || StartsWith("}}")))
                    Blank(2);
                else if (interpolated && Here == '{')
                    Interpolation(1);
                else if (Here == '"')
                    break;
                else
                    Blank(1);
            }

            Blank(1);
        }

        private void Raw(int quotes, int dollars)
        {
            while (_at < text.Length)
            {
                if (dollars > 0 && Here == '{' && Run('{') >= dollars)
                {
                    Blank(Run('{') - dollars);
                    Interpolation(dollars);
                }
                else if (Here == '"' && Run('"') >= quotes)
                {
                    Blank(Run('"'));
                    return;
                }
                else
                {
                    Blank(1);
                }
            }
        }

        private void Interpolation(int braces)
        {
            Blank(braces);
            Code(braces);
        }

        private bool StartsWith(string what) => string.CompareOrdinal(text, _at, what, 0, what.Length) == 0;

        private int Run(char of)
        {
            var end = _at;
            while (end < text.Length && text[end] == of)
                end++;
            return end - _at;
        }

        private void BlankUntil(string end, bool including)
        {
            var found = text.IndexOf(end, _at, StringComparison.Ordinal);
            var to = found < 0 ? text.Length : found + (including ? end.Length : 0);
            Blank(to - _at);
        }

        private void Blank(int count)
        {
            for (var end = Math.Min(_at + count, text.Length); _at < end; _at++)
            {
                if (text[_at] is not ('\n' or '\r'))
                    _code[_at] = ' ';
            }
        }
    }
}
