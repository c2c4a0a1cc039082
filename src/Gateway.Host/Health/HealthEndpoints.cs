// /health/live and /health/ready: open to all, nothing but the state.

namespace Gateway.Host.Health;

internal static class HealthEndpoints
{
    public const string Prefix = "/health";
    public const string Ready = "/ready";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(Prefix + "/live", () => Text("live", StatusCodes.Status200OK)).ExcludeFromDescription();
        routes.MapGet(Prefix + Ready, async (ReadyProbe probe) => await probe.IsReady()
            ? Text("ready", StatusCodes.Status200OK)
            : Text("not ready", StatusCodes.Status503ServiceUnavailable)).ExcludeFromDescription();
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult Text(string state, int status) => TypedResults.Text(state, "text/plain", statusCode: status);
}
