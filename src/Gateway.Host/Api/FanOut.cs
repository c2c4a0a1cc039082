// POST /v1/publish: one event to many rooms. Names and namespaces are judged before anything is published; what the engine then says of
// each room is told room by room.

using System.Text;
using System.Text.Json;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Host.Auth;
using Gateway.Protocol;

namespace Gateway.Host.Api;

internal static class FanOut
{
    public const int MaxRooms = 1000;

    /// <summary>Names of 200 characters with quotes and commas, and the envelope.</summary>
    private const int EnvelopeBytes = MaxRooms * (ProtocolLimits.RoomNameChars + 8) + 1024;

    private static readonly JsonDocumentOptions Envelope = new() { MaxDepth = ProtocolLimits.JsonDepth + 1, AllowDuplicateProperties = false };

    public static async Task<IResult> Publish(BackendApi api, HttpContext context)
    {
        if (await BodyReader.Read(context.Request, api.FrameBytes + EnvelopeBytes, context.RequestAborted) is not { } body)
            return ApiProblem.TooLarge;
        var (rooms, text, problem) = ReadEnvelope(body);
        if (problem is not null)
            return problem;
        if (text.Length > api.FrameBytes)
            return ApiProblem.TooLarge;
        (var parsed, problem) = BackendEvent.Parse(api.Dialect, text);
        if (parsed is null)
            return problem!;
        var publications = new List<BackendPublication>(rooms.Count);
        foreach (var room in rooms)
        {
            (var publication, problem) = parsed.For(room, api.Namespaces, api.NewId);
            if (publication is null)
                return problem!;
            publications.Add(publication);
        }

        foreach (var publication in publications)
            api.Engine.Publish(publication);
        return await Collect(publications);
    }

    private static async Task<IResult> Collect(List<BackendPublication> publications)
    {
        var acks = new List<AckAnswer>(publications.Count);
        var errors = new List<RoomError>();
        ApiProblem? first = null;
        foreach (var publication in publications)
        {
            var outcome = await publication.Outcome;
            if (ApiProblem.Of(outcome.Status) is { } problem)
            {
                first ??= problem;
                errors.Add(new RoomError(publication.Event.Room.Value, WireCode.Of(problem.Code)));
            }
            else
            {
                acks.Add(AckAnswer.Of(publication.Event, outcome));
            }
        }

        return acks.Count == 0 ? first! : BackendApi.Json(new FanOutAnswer(acks.Count, errors.Count, acks, errors), ApiJson.Default.FanOutAnswer);
    }

    private static (List<RoomName> Rooms, byte[] Event, ApiProblem? Problem) ReadEnvelope(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Envelope);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return ([], [], ApiProblem.BadFrame("The body must be an object."));
            if (!root.TryGetProperty("event", out var sent) || sent.ValueKind != JsonValueKind.Object)
                return ([], [], ApiProblem.BadFrame("Must be an object.", "event"));
            var (rooms, problem) = ReadRooms(root);
            return (rooms, Encoding.UTF8.GetBytes(sent.GetRawText()), problem);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return ([], [], new ApiProblem(StatusCodes.Status400BadRequest, ErrorCode.BadJson, "The body is no JSON, is nested too deep or has a field twice."));
        }
    }

    private static (List<RoomName> Rooms, ApiProblem? Problem) ReadRooms(JsonElement root)
    {
        if (!root.TryGetProperty("rooms", out var names) || names.ValueKind != JsonValueKind.Array || names.GetArrayLength() == 0)
            return ([], ApiProblem.BadFrame("Must be an array of room names.", "rooms"));
        if (names.GetArrayLength() > MaxRooms)
            return ([], new ApiProblem(StatusCodes.Status429TooManyRequests, ErrorCode.Limit, $"At most {MaxRooms} rooms at once.", "rooms"));
        var rooms = new List<RoomName>();
        var seen = new HashSet<RoomName>();
        foreach (var name in names.EnumerateArray())
        {
            var text = name.ValueKind switch
            {
                JsonValueKind.String => name.GetString(),
                JsonValueKind.Number when name.TryGetInt64(out _) => name.GetRawText(),
                _ => null,
            };
            if (!RoomName.TryParse(text, out var room))
                return ([], ApiProblem.BadRoom with { Field = "rooms" });
            if (seen.Add(room))
                rooms.Add(room);
        }

        return (rooms, null);
    }
}
