// One line for a finished API request: its route as it was written in code, never the path, the query or the body that filled it in.
// Debug, since backends publish through here; a fault of ours is a warning.

using Microsoft.AspNetCore.Routing;

namespace Gateway.Host.Logging;

internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> log)
{
    private readonly ILogger<RequestLog> _log = log;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        await next(context);
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } route })
            return;
        var took = time.GetElapsedTime(started).TotalMilliseconds;
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            Failed(context.Request.Method, route, context.Response.StatusCode, took);
        else
            Finished(context.Request.Method, route, context.Response.StatusCode, took);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Route} answered {Status} after {Milliseconds} ms.")]
    private partial void Finished(string method, string route, int status, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Route} failed with {Status} after {Milliseconds} ms.")]
    private partial void Failed(string method, string route, int status, double milliseconds);
}
