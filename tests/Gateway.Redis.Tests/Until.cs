// Waits for a condition on real sockets, and says what was the case when it gives up.

using System.Diagnostics;

namespace Gateway.Redis.Tests;

internal static class Until
{
    public static async Task Holds(string reason, Func<bool> condition, Func<string>? state = null, int seconds = 15)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(seconds))
                Assert.Fail($"Not within {seconds} s: {reason}. {state?.Invoke()}");
            await Task.Delay(5);
        }
    }

    public static async Task<T> Done<T>(string reason, Task<T> task, int seconds = 15)
    {
        Assert.True(await Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(seconds))) == task, $"Not within {seconds} s: {reason}.");
        return await task;
    }
}
