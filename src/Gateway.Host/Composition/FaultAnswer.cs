// Answers what no handler foresaw: a request that Kestrel finds bad with its status, a fault of ours with 500 and a line in the log.
// Says nothing of the fault to the peer.

namespace Gateway.Host.Composition;

internal sealed partial class FaultAnswer(RequestDelegate next, ILogger<FaultAnswer> log)
{
    private readonly ILogger<FaultAnswer> _log = log;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The peer is gone; there is nobody to answer.
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await TypedResults.Problem(statusCode: bad.StatusCode).ExecuteAsync(context);
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            Fault(fault);
            await TypedResults.Problem(statusCode: StatusCodes.Status500InternalServerError).ExecuteAsync(context);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request ended by a fault of the gateway.")]
    private partial void Fault(Exception fault);
}
