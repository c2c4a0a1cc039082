// /v1/users: a user's state, events to the user's own room, and ending all of a user's connections.

using System.Net.Mime;
using System.Text.Json;
using Gateway.Host.Auth;
using Gateway.Protocol;

namespace Gateway.Host.Api;

internal static class UserEndpoints
{
    private const int DisconnectBodyBytes = 1024;
    private const long MaxRefusalMs = 365L * 24 * 60 * 60 * 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/users/{id}/events", Publish).WithName("PublishToUser").Produces<AckAnswer>()
            .WithSummary("Publishes one event to the user's own room, on all of the user's connections.")
            .WithEventBody(MediaTypeNames.Application.Json);
        routes.MapGet("/users/{id}", Describe).WithName("GetUser").Produces<UserAnswer>()
            .WithSummary("Whether a user is online, on how many connections and in which rooms.");
        routes.MapPost("/users/{id}/disconnect", Disconnect).WithName("DisconnectUser").Produces<SessionsAnswer>()
            .WithSummary("Closes all of a user's connections and ends the sessions; with forMs also refuses the user for that long.");
    }

    private static async Task<IResult> Publish(string id, BackendApi api, HttpContext context) =>
        UserId.IsValid(id) ? await api.Publish(RoomName.OfUser(id), context) : ApiProblem.BadUser;

    private static async Task<IResult> Describe(string id, BackendApi api)
    {
        if (!UserId.IsValid(id))
            return ApiProblem.BadUser;
        var (status, user) = await api.Engine.DescribeUser(id);
        // The gateway knows no list of users: one it never saw is one who is not there.
        if (status == Actors.Engine.EngineStatus.NotFound)
            return BackendApi.Json(new UserAnswer(false, 0, []), ApiJson.Default.UserAnswer);
        var own = RoomName.OfUser(id);
        return ApiProblem.Of(status, ApiProblem.NoSuchMember) ?? BackendApi.Json(
            new UserAnswer(user.Online, user.Connections, user.Rooms.Where(room => room != own).Select(room => room.Value).ToList()),
            ApiJson.Default.UserAnswer);
    }

    private static async Task<IResult> Disconnect(string id, BackendApi api, HttpContext context)
    {
        if (!UserId.IsValid(id))
            return ApiProblem.BadUser;
        if (await BodyReader.Read(context.Request, DisconnectBodyBytes, context.RequestAborted) is not { } body)
            return ApiProblem.TooLarge;
        if (!TryReadDuration(body, out var refuseFor, out var problem))
            return problem!;
        var (status, sessions) = await api.Engine.Expel(id, refuseFor);
        return status == Actors.Engine.EngineStatus.NotFound
            ? BackendApi.Json(new SessionsAnswer(0), ApiJson.Default.SessionsAnswer)
            : ApiProblem.Of(status, ApiProblem.NoSuchMember) ?? BackendApi.Json(new SessionsAnswer(sessions), ApiJson.Default.SessionsAnswer);
    }

    /// <summary>No body, or an object without forMs, means: not refused.</summary>
    private static bool TryReadDuration(byte[] body, out TimeSpan refuseFor, out ApiProblem? problem)
    {
        refuseFor = TimeSpan.Zero;
        problem = null;
        if (body.Length == 0)
            return true;
        using var document = SignedToken.ParseObject(body);
        if (document is null)
        {
            problem = new ApiProblem(StatusCodes.Status400BadRequest, ErrorCode.BadJson, "The body is no JSON object.");
            return false;
        }

        if (!document.RootElement.TryGetProperty("forMs", out var value) || value.ValueKind == JsonValueKind.Null)
            return true;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var milliseconds) && milliseconds is >= 0 and <= MaxRefusalMs)
        {
            refuseFor = TimeSpan.FromMilliseconds(milliseconds);
            return true;
        }

        problem = ApiProblem.BadFrame($"Must be a whole number, 0 to {MaxRefusalMs}.", "forMs");
        return false;
    }
}
