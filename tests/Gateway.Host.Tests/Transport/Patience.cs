// How tests wait for real sockets: for a condition, with the reason and the state when it doesn't come.

using System.Diagnostics;

namespace Gateway.Host.Tests.Transport;

internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task Until(string reason, Func<bool> condition, Func<object>? state = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
                Assert.Fail($"Gave up waiting: {reason}. {state?.Invoke()}");
            await Task.Delay(5);
        }
    }
}
