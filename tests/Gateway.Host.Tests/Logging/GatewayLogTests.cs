// What the log says and, above all, what it never says.

using System.Globalization;
using System.Net;
using System.Text.Json;
using Gateway.Host.Logging;
using Gateway.Host.Tests.Auth;
using Gateway.Host.Tests.Doubles;
using Gateway.TestKit;
using Microsoft.Extensions.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Gateway.Host.Tests.Logging;

public sealed class GatewayLogTests
{
    [Fact]
    public async Task No_token_key_query_or_payload_is_ever_logged_at_whatever_level()
    {
        var log = new CapturedLog();
        var token = TestTokens.Hmac(TestTokens.Claims());
        const string secret = "tr0ub4dor-and-3";
        await using (var server = await BackendServer.Start(
            "Development", log, "Serilog:MinimumLevel:Default=Verbose", "Serilog:MinimumLevel:Override:Microsoft.AspNetCore=Verbose",
            "Serilog:MinimumLevel:Override:Microsoft=Verbose", "Gateway:Auth:RequireAtHandshake=true"))
        {
            await server.Post("/v1/rooms/lobby/events", $$"""{"content":"{{secret}}"}""");
            await server.Post("/v1/rooms/lobby/events", "{" + secret);
            await server.Send("GET", $"/ws?token={token}&x={secret}");
            await server.Send("GET", $"/ws?token=a.{secret}.c");
            await server.Send("GET", $"/nothing?token={token}");
            using var raw = new System.Net.Sockets.TcpClient();
            await raw.ConnectAsync(IPAddress.Loopback, new Uri(server.Urls[0]).Port);
            await raw.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET /ws?token={token} {secret} HTTP/9.9\r\n\r\n"));
            await raw.GetStream().ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
        }

        var text = log.Text;
        Assert.Contains("Open \"http://127.0.0.1:", text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("token=", text, StringComparison.Ordinal);
        Assert.DoesNotContain(BackendServer.Key, text, StringComparison.Ordinal);
        Assert.DoesNotContain(BackendServer.SigningKey, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Production_writes_one_json_object_a_line()
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        var logEvent = new LogEvent(
            DateTimeOffset.UnixEpoch, LogEventLevel.Warning, new InvalidOperationException("broken"),
            new MessageTemplate("Said {What}", [new Serilog.Parsing.TextToken("Said "), new Serilog.Parsing.PropertyToken("What", "{What}")]),
            [new LogEventProperty("What", new ScalarValue("a \"b\"\nc"))]);
        GatewayLog.Formatter(isDevelopment: false).Format(logEvent, text);
        var line = Assert.Single(text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal("Warning", json.GetProperty("Level").GetString());
        Assert.Equal("a \"b\"\nc", json.GetProperty("Properties").GetProperty("What").GetString());
    }

    [Fact]
    public void Levels_come_from_the_configuration()
    {
        var log = new CapturedLog();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Serilog:MinimumLevel:Default", "Warning"), new("Serilog:MinimumLevel:Override:Gateway", "Debug")]).Build();
        using var logger = GatewayLog.Create(configuration, isDevelopment: true, new VirtualTime(), log);
        logger.ForContext(Constants.SourceContextPropertyName, "Other").Information("unsaid");
        logger.ForContext(Constants.SourceContextPropertyName, "Gateway.Host").Debug("said");
        Assert.Equal(["said"], log.Messages);
    }

    [Fact]
    public void A_repeated_message_is_bounded_and_its_rest_is_counted()
    {
        var log = new CapturedLog();
        var time = new VirtualTime();
        using var logger = GatewayLog.Create(new ConfigurationBuilder().Build(), isDevelopment: true, time, log);
        for (var i = 0; i < 1000; i++)
            logger.Warning("Lost {Number}", i);
        logger.Warning("Another");
        Assert.Equal(RepeatBound.PerWindow + 1, log.Messages.Count);
        time.Advance(RepeatBound.Window);
        logger.Warning("Lost {Number}", 1000);
        Assert.Equal(RepeatBound.PerWindow + 2, log.Messages.Count);
        Assert.Contains("Suppressed=980", log.Text, StringComparison.Ordinal);
    }

    private sealed class CapturedLog : ILogEventSink
    {
        private readonly Lock _gate = new();
        private readonly List<LogEvent> _events = [];

        public IReadOnlyList<string> Messages
        {
            get
            {
                lock (_gate)
                    return [.. _events.Select(logEvent => logEvent.RenderMessage(CultureInfo.InvariantCulture))];
            }
        }

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return string.Join('\n', _events.Select(logEvent => logEvent.RenderMessage(CultureInfo.InvariantCulture) + " " + logEvent.Exception +
                        " " + string.Join(' ', logEvent.Properties.Select(property => $"{property.Key}={property.Value}"))));
                }
            }
        }

        public void Emit(LogEvent logEvent)
        {
            lock (_gate)
                _events.Add(logEvent);
        }
    }
}
