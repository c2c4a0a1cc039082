// /v1/rooms: publish into a room, read its history, state and presence, move members in and out, forget it.

using System.Net.Mime;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Host.Api;

internal static class RoomEndpoints
{
    private const string LinesType = "application/x-ndjson";
    private const int DefaultPage = 50;
    private const int DefaultRooms = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/rooms", List).WithName("ListRooms").Produces<RoomsAnswer>()
            .WithSummary("Rooms with events or members, by name; pass next as after for the following page.");
        routes.MapGet("/rooms/{room}", Describe).WithName("GetRoom").Produces<RoomAnswer>()
            .WithSummary("A room's position, epoch and how many are there.");
        routes.MapPost("/rooms/{room}/events", Publish).WithName("PublishToRoom").Produces<AckAnswer>()
            .WithSummary("Publishes one event, or, as application/x-ndjson, one a line of any length in all.")
            .WithEventBody(MediaTypeNames.Application.Json, LinesType);
        routes.MapGet("/rooms/{room}/events", History).WithName("GetRoomEvents").Produces(StatusCodes.Status200OK, contentType: MediaTypeNames.Application.Json)
            .WithSummary("Part of a room's history, ascending: after or before a position, else the newest; limit 1 to 500.");
        routes.MapDelete("/rooms/{room}/events", Forget).WithName("ForgetRoom").Produces(StatusCodes.Status204NoContent)
            .WithSummary("Forgets a room's history; its epoch changes.");
        routes.MapGet("/rooms/{room}/presence", Presence).WithName("GetRoomPresence").Produces(StatusCodes.Status200OK, contentType: MediaTypeNames.Application.Json)
            .WithSummary("Who is in a room.");
        routes.MapPut("/rooms/{room}/members/{id}", Admit).WithName("AddMember").Produces<SessionsAnswer>()
            .WithSummary("Joins all of a user's connections to a room.");
        routes.MapDelete("/rooms/{room}/members/{id}", Remove).WithName("RemoveMember").Produces<SessionsAnswer>()
            .WithSummary("Removes a user's connections from a room; the others there see it as kicked.");
    }

    private static async Task<IResult> Publish(string room, BackendApi api, HttpContext context)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        var type = context.Request.ContentType?.Split(';', 2)[0].Trim();
        if (!LinesType.Equals(type, StringComparison.OrdinalIgnoreCase))
            return await api.Publish(name, context);

        // A stream of lines has no end to bound, and may be as slow as its source.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var answer = await new LinesPublisher(api, name).Run(context.Request, context.RequestAborted);
        return BackendApi.Json(answer, ApiJson.Default.LinesAnswer);
    }

    private static async Task<IResult> List(BackendApi api, string? after, string? limit)
    {
        if (after is not null && !RoomName.TryParse(after, out _))
            return ApiProblem.BadRoom with { Field = "after" };
        if (!QueryNumbers.TryRead(limit, 1, ProtocolLimits.HistoryLimit, out var count))
            return BadLimit;
        var page = (int)(count ?? DefaultRooms);
        // One more than asked for tells whether there is more.
        var (status, rooms) = await api.Engine.ListRooms(after is null ? null : RoomName.Parse(after).Value, page + 1);
        if (ApiProblem.Of(status, ApiProblem.NoSuchRoom) is { } problem)
            return problem;
        var shown = rooms.Take(page).Select(room => RoomAnswer.Of(room)).ToList();
        var more = rooms.Count > page;
        return BackendApi.Json(new RoomsAnswer(shown, more, more ? shown[^1].Room : null), ApiJson.Default.RoomsAnswer);
    }

    private static async Task<IResult> Describe(string room, BackendApi api)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        var (status, summary) = await api.Engine.Describe(name);
        return ApiProblem.Of(status, ApiProblem.NoSuchRoom) ?? BackendApi.Json(RoomAnswer.Of(summary), ApiJson.Default.RoomAnswer);
    }

    private static async Task<IResult> History(string room, BackendApi api, string? after, string? before, string? limit)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        if (!QueryNumbers.TryRead(limit, 1, ProtocolLimits.HistoryLimit, out var count))
            return BadLimit;
        if (!QueryNumbers.TryRead(after, 0, long.MaxValue, out var from))
            return ApiProblem.BadFrame("Must be a position, 0 or above.", "after");
        if (!QueryNumbers.TryRead(before, 0, long.MaxValue, out var to) || (from is not null && to is not null))
            return ApiProblem.BadFrame("Must be a position, 0 or above, and not stand beside after.", "before");
        if (api.Namespaces.Find(name) is { Mode: RoomMode.Latest })
            return ApiProblem.Unsupported;
        var query = new HistoryQuery(name, from, null, to, (int)(count ?? DefaultPage), ProtocolLimits.HistoryAnswerBytes);
        var page = await api.Engine.Read(query);
        return ApiProblem.Of(page.Status, ApiProblem.NoSuchRoom)
            ?? api.Write(page.ToAnswer(null, name));
    }

    private static async Task<IResult> Forget(string room, BackendApi api)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        return ApiProblem.Of(await api.Engine.Forget(name), ApiProblem.NoSuchRoom) ?? (IResult)TypedResults.NoContent();
    }

    private static async Task<IResult> Presence(string room, BackendApi api)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        var (status, membership) = await api.Engine.Who(name, api.Namespaces.Find(name)!.PresenceLimit);
        return ApiProblem.Of(status, ApiProblem.NoSuchRoom)
            ?? api.Write(new PresenceAnswer(null, name, membership.Count, membership.Users));
    }

    private static async Task<IResult> Admit(string room, string id, BackendApi api)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        return UserId.IsValid(id) ? Sessions(await api.Engine.Admit(id, name)) : ApiProblem.BadUser;
    }

    private static async Task<IResult> Remove(string room, string id, BackendApi api)
    {
        if (Served(room, api, out var name) is { } problem)
            return problem;
        return UserId.IsValid(id) ? Sessions(await api.Engine.Remove(id, name)) : ApiProblem.BadUser;
    }

    private static IResult Sessions((EngineStatus Status, int Sessions) answer) =>
        ApiProblem.Of(answer.Status, ApiProblem.NoSuchMember)
        ?? (answer.Sessions == 0
            ? ApiProblem.NoSuchMember
            : BackendApi.Json(new SessionsAnswer(answer.Sessions), ApiJson.Default.SessionsAnswer));

    private static ApiProblem? Served(string text, BackendApi api, out RoomName room)
    {
        if (!RoomName.TryParse(text, out room))
            return ApiProblem.BadRoom;
        return api.Namespaces.Find(room) is null ? ApiProblem.NotServed : null;
    }

    private static ApiProblem BadLimit { get; } =
        ApiProblem.BadFrame($"Must be a whole number, 1 to {ProtocolLimits.HistoryLimit}.", "limit");
}
