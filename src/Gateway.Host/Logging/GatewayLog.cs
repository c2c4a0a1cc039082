// Builds the process's logger: text for people in Development, one JSON object a line elsewhere. Levels come from the configuration
// (section Serilog); what the framework would say of a request's URL or bytes never passes, whatever the levels are.

using System.Globalization;
using Gateway.Host.Composition;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace Gateway.Host.Logging;

internal static class GatewayLog
{
    /// <summary>Their messages below Warning hold query strings (where a token may be), headers or raw bytes.</summary>
    private static readonly string[] TellsOfRequests =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Microsoft.AspNetCore.HttpLogging",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.StaticFiles",
        "System.Net.Http",
    ];

    /// <summary>Says of a failed start what we say ourselves, with a stack trace.</summary>
    private const string HostSource = "Microsoft.Extensions.Hosting.Internal.Host";

    public static Logger Create(IConfiguration configuration, bool isDevelopment, TimeProvider time, ILogEventSink? sink = null)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
            .ReadFrom.Configuration(configuration)
            .Enrich.FromLogContext()
            .Filter.ByExcluding(TellsOfARequest)
            .Filter.ByExcluding(logEvent => logEvent.Exception is { } fault && StartFault.IsExpected(fault) && SourceOf(logEvent) == HostSource);
        LoggerSinkConfiguration.Wrap(
            logger.WriteTo,
            inner => new RepeatBound(inner, time),
            to => _ = sink is null ? to.Console(Formatter(isDevelopment)) : to.Sink(sink),
            LevelAlias.Minimum,
            levelSwitch: null);
        return logger.CreateLogger();
    }

    public static ITextFormatter Formatter(bool isDevelopment) => isDevelopment
        ? new MessageTemplateTextFormatter(
            "{Timestamp:HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj}{NewLine}{Exception}", CultureInfo.InvariantCulture)
        : new JsonFormatter(renderMessage: true, formatProvider: CultureInfo.InvariantCulture);

    private static bool TellsOfARequest(LogEvent logEvent) =>
        logEvent.Level < LogEventLevel.Warning
        && SourceOf(logEvent) is { } source
        && TellsOfRequests.Any(prefix => source.StartsWith(prefix, StringComparison.Ordinal));

    private static string? SourceOf(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out var value) && value is ScalarValue { Value: string source }
            ? source
            : null;
}
