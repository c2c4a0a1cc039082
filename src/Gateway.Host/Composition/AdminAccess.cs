// Who may see /metrics and /openapi: a bearer of an API key, or whoever reaches the admin port, where nothing else is served but health.

using Gateway.Host.Api;
using Gateway.Host.Health;
using Gateway.Host.Options;

namespace Gateway.Host.Composition;

internal sealed class AdminAccess(RequestDelegate next, GatewayOptions options, ApiKeys keys)
{
    public const string Metrics = "/metrics";
    public const string OpenApi = "/openapi";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var isAdmin = path.StartsWithSegments(Metrics) || path.StartsWithSegments(OpenApi);
        var onAdminPort = options.Admin.Port > 0 && context.Connection.LocalPort == options.Admin.Port;
        if (onAdminPort)
        {
            if (isAdmin || path.StartsWithSegments(HealthEndpoints.Prefix))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return isAdmin && !keys.Allow(context.Request) ? ApiProblem.NotAllowed.ExecuteAsync(context) : next(context);
    }
}
