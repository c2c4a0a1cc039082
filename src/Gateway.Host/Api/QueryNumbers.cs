// Numbers out of a query string. Takes what was sent; never throws.

using System.Globalization;

namespace Gateway.Host.Api;

internal static class QueryNumbers
{
    /// <summary>False where it is there and is no whole number of that range.</summary>
    public static bool TryRead(string? text, long low, long high, out long? value)
    {
        value = null;
        if (text is null)
            return true;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < low || number > high)
            return false;
        value = number;
        return true;
    }
}
