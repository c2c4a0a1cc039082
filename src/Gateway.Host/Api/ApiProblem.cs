// What a request is refused with: RFC 9457 problem details that bear the contract's code. Never repeats what was sent.

using System.Globalization;
using System.Text.Json;
using Gateway.Actors.Engine;
using Gateway.Host.Auth;
using Gateway.Protocol;
using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Api;

internal sealed record ApiProblem(int Status, ErrorCode Code, string Detail, string? Field = null, bool Unknown = false) : IResult
{
    private const int RetryAfterSeconds = 1;

    public static ApiProblem BadRoom { get; } =
        new(StatusCodes.Status400BadRequest, ErrorCode.BadRoom, "This is not a room name.");

    public static ApiProblem BadUser { get; } =
        new(StatusCodes.Status400BadRequest, ErrorCode.BadFrame, "This is not a user id.", "id");

    public static ApiProblem NoSuchRoom { get; } =
        new(StatusCodes.Status404NotFound, ErrorCode.BadRoom, "There is neither an event nor a member in this room.");

    public static ApiProblem NoSuchMember { get; } =
        new(StatusCodes.Status404NotFound, ErrorCode.NotJoined, "This user has no connection that it could be done to.");

    public static ApiProblem NoSuchEndpoint { get; } =
        new(StatusCodes.Status404NotFound, ErrorCode.Unsupported, "There is nothing at this path for this method.");

    public static ApiProblem NotServed { get; } =
        new(StatusCodes.Status403Forbidden, ErrorCode.Forbidden, "This namespace is not served.");

    public static ApiProblem TooLarge { get; } =
        new(StatusCodes.Status413PayloadTooLarge, ErrorCode.Limit, "An event may be no larger than a frame.");

    public static ApiProblem NotAllowed { get; } =
        new(StatusCodes.Status401Unauthorized, ErrorCode.Unauthorized, "An API key is required.");

    public static ApiProblem Unsupported { get; } =
        new(StatusCodes.Status400BadRequest, ErrorCode.Unsupported, "Rooms of this mode don't have that.");

    public static ApiProblem BadFrame(string detail, string? field = null) =>
        new(StatusCodes.Status400BadRequest, ErrorCode.BadFrame, detail, field);

    /// <summary>Null where the engine did as asked.</summary>
    public static ApiProblem? Of(EngineStatus status, ApiProblem notFound) => status switch
    {
        EngineStatus.Ok => null,
        EngineStatus.NotFound or EngineStatus.Stale => notFound,
        EngineStatus.Busy => Busy,
        EngineStatus.Unknown => Unsure,
        _ => Degraded,
    };

    public static ApiProblem? Of(PublishStatus status) => status switch
    {
        PublishStatus.Stored or PublishStatus.Relayed => null,
        PublishStatus.Busy => Busy,
        PublishStatus.Unknown => Unsure,
        PublishStatus.RoomFull => new(StatusCodes.Status429TooManyRequests, ErrorCode.RoomFull, "The room is full."),
        PublishStatus.Unsupported => Unsupported,
        _ => Degraded,
    };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        if (Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        return response.BodyWriter.WriteAsync(ToJson(), httpContext.RequestAborted).AsTask();
    }

    private byte[] ToJson()
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank");
            json.WriteString("title", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(Status));
            json.WriteNumber("status", Status);
            json.WriteString("detail", Detail);
            json.WriteString("code", WireCode.Of(Code));
            if (Field is not null)
                json.WriteString("field", Field);
            if (Unknown)
                json.WriteBoolean("unknown", true);
            json.WriteEndObject();
        }

        return body.ToArray();
    }

    private static ApiProblem Busy { get; } =
        new(StatusCodes.Status503ServiceUnavailable, ErrorCode.Busy, "Too much is queued; try again.");

    private static ApiProblem Degraded { get; } =
        new(StatusCodes.Status503ServiceUnavailable, ErrorCode.Degraded, "The storage is away; try again.");

    private static ApiProblem Unsure { get; } =
        new(StatusCodes.Status503ServiceUnavailable, ErrorCode.Degraded, "The outcome is unknown; the same id may be sent again.", Unknown: true);
}
