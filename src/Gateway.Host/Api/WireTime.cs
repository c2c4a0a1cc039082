// A moment as the wire contract writes it: ISO 8601, UTC, milliseconds.

using System.Globalization;

namespace Gateway.Host.Api;

internal static class WireTime
{
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
