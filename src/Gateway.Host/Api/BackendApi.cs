// What the endpoints of the backend API share: the engine, the rules of the namespaces, and one way of publishing. Stateless.

using System.Buffers;
using System.Text.Json.Serialization.Metadata;
using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Host.Api;

internal sealed class BackendApi(IEngine engine, IDialect dialect, Namespaces namespaces, int frameBytes, TimeProvider time, Func<string> newId)
{
    public IEngine Engine => engine;

    public IDialect Dialect => dialect;

    public Namespaces Namespaces => namespaces;

    public int FrameBytes => frameBytes;

    public TimeProvider Time => time;

    public Func<string> NewId => newId;

    public async Task<IResult> Publish(RoomName room, HttpContext context)
    {
        if (await BodyReader.Read(context.Request, frameBytes, context.RequestAborted) is not { } body)
            return ApiProblem.TooLarge;
        var (parsed, problem) = BackendEvent.Parse(dialect, body);
        if (parsed is null)
            return problem!;
        (var publication, problem) = parsed.For(room, namespaces, newId);
        if (publication is null)
            return problem!;
        engine.Publish(publication);
        var outcome = await publication.Outcome;
        return ApiProblem.Of(outcome.Status) ?? Json(AckAnswer.Of(publication.Event, outcome), ApiJson.Default.AckAnswer);
    }

    public static IResult Json<T>(T answer, JsonTypeInfo<T> type) => TypedResults.Json(answer, type);

    /// <summary>An answer in the dialect's own form, so that a backend and a client read the same.</summary>
    public IResult Write(ServerMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        dialect.Write(message, output);
        return TypedResults.Bytes(output.WrittenMemory, "application/json");
    }
}
