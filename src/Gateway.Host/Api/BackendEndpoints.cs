// Puts the backend API's routes together, behind the key.

using Gateway.Actors.Engine;
using Gateway.Host.Composition;

namespace Gateway.Host.Api;

internal static class BackendEndpoints
{
    public static void MapBackendApi(this IEndpointRouteBuilder routes)
    {
        var keys = routes.ServiceProvider.GetRequiredService<ApiKeys>();
        var group = routes.MapGroup("/v1").WithTags("Backend");
        group.AddEndpointFilter(async (invocation, next) =>
            keys.Allow(invocation.HttpContext.Request) ? await next(invocation) : ApiProblem.NotAllowed);
        RoomEndpoints.Map(group);
        UserEndpoints.Map(group);
        group.MapPost("/publish", (BackendApi api, HttpContext context) => FanOut.Publish(api, context))
            .WithName("PublishToRooms").Produces<FanOutAnswer>().WithEnvelopeBody()
            .WithSummary("Publishes the same event to many rooms, at most 1,000.");
        group.MapGet("/nodes", Nodes).WithName("ListNodes").Produces<NodesAnswer>()
            .WithSummary("The nodes, their connections and load.");
        group.Map("{**rest}", () => ApiProblem.NoSuchEndpoint).ExcludeFromDescription();
    }

    private static async Task<IResult> Nodes(BackendApi api, LoadReport load)
    {
        load.Report();
        var (status, nodes) = await api.Engine.Nodes();
        return ApiProblem.Of(status, ApiProblem.NoSuchRoom)
            ?? BackendApi.Json(new NodesAnswer(nodes.Select(node => NodeAnswer.Of(node)).ToList()), ApiJson.Default.NodesAnswer);
    }
}
