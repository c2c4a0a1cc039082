// Where the process listens: what ASP.NET Core was told, else http://127.0.0.1:5000; and the admin listener beside it, on the same host.

using System.Globalization;
using Gateway.Host.Options;

namespace Gateway.Host.Composition;

internal static class ListenUrls
{
    public const string Default = "http://127.0.0.1:5000";

    private const string AdminEndpoint = "Kestrel:Endpoints:Admin:Url";

    public static void Apply(WebApplicationBuilder builder, GatewayOptions options)
    {
        var configuration = builder.Configuration;
        var endpoints = Endpoints(configuration);
        var urls = Configured(configuration);
        foreach (var url in urls)
            Check(url);
        if (options.Admin.Port > 0)
        {
            var admin = AdminUrl(urls[0], options.Admin.Port);
            if (urls.Exists(url => PortOf(url) == options.Admin.Port))
                throw new StartException($"{GatewayOptions.Section}:Admin:Port must be another port than the gateway's own.");
            if (endpoints.Count > 0)
                configuration[AdminEndpoint] = admin;
            else
                urls.Add(admin);
        }

        if (endpoints.Count == 0)
            builder.WebHost.UseUrls([.. urls]);
    }

    private static void Check(string url)
    {
        if (!url.Contains("://", StringComparison.Ordinal))
            throw new StartException($"urls: {url} is not a URL such as {Default}.");
        try
        {
            if (PortOf(url) is < 0 or > 65_535)
                throw new StartException($"urls: the port of {url} must be 0 to 65535.");
        }
        catch (FormatException)
        {
            throw new StartException($"urls: {url} is not a URL such as {Default}.");
        }
    }

    /// <summary>A URL that a browser can open.</summary>
    public static string ToOpen(IEnumerable<string> addresses, int adminPort)
    {
        var url = addresses.FirstOrDefault(address => PortOf(address) != adminPort) ?? Default;
        foreach (var any in (string[])["://*:", "://+:", "://0.0.0.0:", "://[::]:"])
            url = url.Replace(any, "://localhost:", StringComparison.Ordinal);
        return url.TrimEnd('/') + "/";
    }

    /// <summary>What Kestrel or ASP.NET Core was told, in their own order of precedence, else <see cref="Default"/>.</summary>
    public static List<string> Configured(IConfiguration configuration)
    {
        var urls = Endpoints(configuration);
        if (urls.Count == 0)
            urls.AddRange(Split(configuration[WebHostDefaults.ServerUrlsKey]));
        if (urls.Count == 0)
        {
            urls.AddRange(Split(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}"));
            urls.AddRange(Split(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => $"https://*:{port}"));
        }

        if (urls.Count == 0)
            urls.Add(Default);
        return urls;
    }

    private static List<string> Endpoints(IConfiguration configuration) =>
        [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>()];

    private static List<string> Split(string? text) =>
        [.. (text ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>By hand: Kestrel's wildcard hosts are no URLs to the framework.</summary>
    private static string AdminUrl(string url, int port)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var host = url[start..].Split('/', 2)[0];
        var colon = host.LastIndexOf(':');
        if (colon > host.LastIndexOf(']'))
            host = host[..colon];
        return $"http://{host}:{port.ToString(CultureInfo.InvariantCulture)}";
    }

    private static int PortOf(string url)
    {
        var binding = BindingAddress.Parse(url);
        return binding.Port;
    }
}
