// Reads typed values out of the configuration and keeps book of which keys were asked for: what is left over is unknown.
// A value that can't be read becomes an error that names its key; nothing throws.

using System.Globalization;

namespace Gateway.Host.Options;

internal sealed class SettingsSection(IConfigurationSection root)
{
    private static readonly char[] ListSeparators = [',', ';'];
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public List<string> Errors { get; } = [];

    public IEnumerable<IConfigurationSection> Children(string key) => root.GetSection(key).GetChildren();

    public string? Text(string key) => Verbatim(key)?.Trim();

    /// <summary>With its white space: a secret is its bytes.</summary>
    public string? Verbatim(string key)
    {
        _known.Add(key);
        return root[key];
    }

    /// <summary>One text with commas or semicolons between its entries, or one entry an index; null where neither is there.</summary>
    public IReadOnlyList<string>? List(string key)
    {
        _known.Add(key);
        var section = root.GetSection(key);
        var entries = new List<string>();
        var found = section.Value is not null;
        Split(section.Value, entries);
        foreach (var child in section.GetChildren().OrderBy(child => IndexOf(child.Key)))
        {
            if (IndexOf(child.Key) == int.MaxValue)
                continue;
            _known.Add($"{key}:{child.Key}");
            found = true;
            if (!string.IsNullOrWhiteSpace(child.Value))
                entries.Add(child.Value.Trim());
        }

        return found ? entries : null;
    }

    public int? Int(string key) => Read<int>(key, "a whole number",
        (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value));

    public double? Number(string key) => Read<double>(key, "a number",
        (string text, out double value) =>
            double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value));

    public bool? Flag(string key) => Read<bool>(key, "true or false", (string text, out bool value) =>
    {
        value = text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        return value || text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase);
    });

    /// <summary>A bare number is refused: its unit would be anyone's guess.</summary>
    public TimeSpan? Duration(string key) => Read<TimeSpan>(key, "a duration such as 7.00:00:00, 12:00:00, 7d, 12h, 30m or 90s",
        DurationText.TryParse);

    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        var names = string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()));
        return Read<T>(key, "one of " + names, (string text, out T value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Full names of the keys that were set and never asked for.</summary>
    public IEnumerable<string> UnknownKeys() =>
        root.AsEnumerable(makePathsRelative: true)
            .Where(pair => pair.Value is not null && pair.Key.Length > 0 && !_known.Contains(pair.Key))
            .Select(pair => $"{GatewayOptions.Section}:{pair.Key}");

    private T? Read<T>(string key, string expected, TryParse<T> parse)
        where T : struct
    {
        _known.Add(key);
        var text = root[key]?.Trim();
        if (string.IsNullOrEmpty(text))
            return null;
        if (parse(text, out var value))
            return value;
        Errors.Add($"{GatewayOptions.Section}:{key} must be {expected}.");
        return null;
    }

    private static void Split(string? text, List<string> entries)
    {
        if (text is not null)
            entries.AddRange(text.Split(ListSeparators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    private static int IndexOf(string key) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue;

    private delegate bool TryParse<T>(string text, out T value);
}
