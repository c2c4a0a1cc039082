// How a duration is written in the configuration: 7.00:00:00, 12:00:00, or a number with its unit (7d, 12h, 30m, 90s, 500ms).

using System.Globalization;

namespace Gateway.Host.Options;

internal static class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    public static bool TryParse(string text, out TimeSpan value)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
        foreach (var (unit, length) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                continue;
            if (!int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                continue;
            value = TimeSpan.FromTicks(length.Ticks * count);
            return true;
        }

        value = default;
        return false;
    }
}
