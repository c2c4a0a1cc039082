// Serves one WebSocket from its handshake to its end: asks the gate, answers 101, opens the connection at the node and runs the reader.
// Whatever happens, the connection hears of its end exactly once, and last.

using Gateway.Actors;
using Gateway.Actors.Connections;
using Gateway.Protocol;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Host.Transport;

internal sealed partial class WebSocketEndpoint(
    IGatewayNode node,
    IHandshakeGate gate,
    IDialect dialect,
    NodeOptions options,
    TimeProvider time,
    CloseDeadlines deadlines,
    OutboxTotals totals, ILogger<WebSocketEndpoint> log)
{
    private readonly SinkBounds _bounds = new(options.OutboxEvents, options.OutboxBytes);

    public async Task Serve(HttpContext context)
    {
        var decision = WebSocketHandshake.Check(context) ?? await gate.Decide(context, context.RequestAborted);
        switch (decision)
        {
            case HandshakeDecision.Refused refused:
                await HandshakeRefusal.Write(context, refused);
                break;
            case HandshakeDecision.Admitted admitted:
                using (admitted.Lease)
                    await Open(context, admitted);
                break;
        }
    }

    private async Task Open(HttpContext context, HandshakeDecision.Admitted admitted)
    {
        LiftDataRates(context.Features);
        WebSocketHandshake.Answer(context, dialect.Subprotocol);
        Stream stream;
        try
        {
            stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return;
        }

        var sink = new SocketSink(ChooseOutput(context, stream), _bounds, time, deadlines, totals);
        var port = OpenPort(sink, admitted);
        try
        {
            using var reader = new SocketReader(stream, sink, port, dialect, options.FrameBytes);
            await reader.Run();
        }
        catch (Exception fault)
        {
            LogFault(log, fault);
            sink.Close(CloseCode.InternalError, "internal error");
            await sink.Farewell();
        }
        finally
        {
            sink.End();
            port?.Closed();
        }
    }

    /// <summary>Null where the node takes no more; the peer is told.</summary>
    private IConnectionPort? OpenPort(SocketSink sink, HandshakeDecision.Admitted admitted)
    {
        var port = node.Open(new ConnectionRequest
        {
            Sink = sink,
            Dialect = dialect,
            Identity = admitted.Identity,
            Rooms = admitted.Rooms,
            Session = admitted.Session,
            History = admitted.History,
            UrlFaults = admitted.UrlFaults,
        });
        if (port is null)
            sink.Close(CloseCode.Restarting, "restarting");
        else
            sink.Attach(port);
        return port;
    }

    /// <summary>The raw socket where nothing but our own output lies between HTTP and it; the stream everywhere else. The feature with the
    /// socket is there under TLS too, where writing to it would put plain text between the records.</summary>
    private static IFrameOutput ChooseOutput(HttpContext context, Stream stream)
    {
        var features = context.Features;
        var isPlain = features.Get<ITlsConnectionFeature>() is null && features.Get<ITlsHandshakeFeature>() is null;
        if (isPlain && features.Get<SocketOutput>() is { } output
            && features.Get<IConnectionTransportFeature>()?.Transport.Output == output && output.TryClaim())
            return output;
        return new StreamOutput(stream, features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort);
    }

    /// <summary>A WebSocket may be silent, and may be slow; the sink and the heartbeat judge that.</summary>
    private static void LiftDataRates(IFeatureCollection features)
    {
        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request)
            request.MinDataRate = null;
        if (features.Get<IHttpMinResponseDataRateFeature>() is { } response)
            response.MinDataRate = null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A connection ended by a fault of the gateway")]
    private static partial void LogFault(ILogger log, Exception fault);
}
