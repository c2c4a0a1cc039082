// `Gateway.Host --health [URL]`: asks the gateway that runs beside it whether it is ready, and says so by its exit code. For container
// health checks, since an image without a shell has nothing else to ask with. It starts no gateway and reads no settings but the URLs.

using System.Net.Sockets;
using Gateway.Host.Composition;

namespace Gateway.Host.Health;

internal static class HealthCommand
{
    public const string Switch = "--health";
    public const int Healthy = 0;

    /// <summary>The only other code that Docker gives a meaning to.</summary>
    public const int Unhealthy = 1;

    /// <summary>Below the 5 s that the Dockerfile allows, so that the reason can still be told.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static bool IsAskedFor(string[] args) => args.Length > 0 && args[0] == Switch;

    /// <param name="args">The switch, then either one URL to ask or whatever the gateway itself was given, `--urls` above all.</param>
    public static Task<int> Run(string[] args)
    {
        var rest = args[1..];
        if (rest is [var url] && !url.StartsWith('-'))
            return Ask(url, Console.Error);
        var configuration = new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_")
            .AddEnvironmentVariables("DOTNET_")
            .AddEnvironmentVariables()
            .AddCommandLine(rest)
            .Build();
        return Ask(Target(configuration), Console.Error);
    }

    /// <summary>Where the gateway with this configuration answers; one without TLS is preferred, since its certificate is for another name.</summary>
    public static string Target(IConfiguration configuration)
    {
        var urls = ListenUrls.Configured(configuration);
        var plain = urls.FindAll(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase));
        return ListenUrls.ToOpen(plain.Count > 0 ? plain : urls, adminPort: 0) + HealthEndpoints.Prefix[1..] + HealthEndpoints.Ready;
    }

    public static async Task<int> Ask(string url, TextWriter error)
    {
        try
        {
            // A proxy in the environment is for the world outside, not for this machine's own port.
            using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
            using var client = new HttpClient(handler) { Timeout = Patience };
            using var answer = await client.GetAsync(new Uri(url, UriKind.Absolute));
            if (answer.IsSuccessStatusCode)
                return Healthy;
            await error.WriteLineAsync($"{url} answered {(int)answer.StatusCode}.");
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or SocketException or UriFormatException or NotSupportedException)
        {
            await error.WriteLineAsync($"{url} did not answer: {fault.Message}");
        }

        return Unhealthy;
    }
}
