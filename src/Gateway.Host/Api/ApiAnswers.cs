// The bodies of the backend API's answers, and how they are written: source-generated, so that no reflection runs a request.

using System.Text.Json.Serialization;
using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Host.Api;

/// <summary>The ack of one event; without seq and epoch where it was not stored.</summary>
internal sealed record AckAnswer(string Id, string Room, long? Seq, string? Epoch, string Timestamp, bool? Duplicate)
{
    public static AckAnswer Of(RoomEvent sent, in PublishOutcome outcome) => new(
        sent.Id, sent.Room.Value,
        outcome.Status == PublishStatus.Stored ? outcome.Seq : null,
        outcome.Status == PublishStatus.Stored ? outcome.Epoch : null,
        WireTime.Of(DateTimeOffset.FromUnixTimeMilliseconds(outcome.TimestampMs)),
        outcome.Duplicate ? true : null);
}

internal sealed record LineError(long Line, string Code, string? Field);

internal sealed record LinesAnswer(long Accepted, long Rejected, IReadOnlyList<LineError> Errors);

internal sealed record RoomError(string Room, string Code);

internal sealed record FanOutAnswer(int Accepted, int Rejected, IReadOnlyList<AckAnswer> Acks, IReadOnlyList<RoomError> Errors);

internal sealed record UserAnswer(bool Online, int Connections, IReadOnlyList<string> Rooms);

internal sealed record SessionsAnswer(int Sessions);

internal sealed record RoomAnswer(string Room, string? Epoch, long Seq, long First, int Count, int Connections)
{
    public static RoomAnswer Of(in RoomSummary summary) =>
        new(summary.Room.Value, summary.Epoch, summary.Top, summary.First, summary.Users, summary.Connections);
}

/// <param name="Next">Pass it as after for the following page; not there on the last one.</param>
internal sealed record RoomsAnswer(IReadOnlyList<RoomAnswer> Rooms, bool More, string? Next);

internal sealed record NodeAnswer(
    string NodeId, string StartedAt, int Connections, int Rooms, double CpuPercent, long MemoryBytes, bool Draining)
{
    public static NodeAnswer Of(in NodeSummary node) => new(
        node.NodeId, WireTime.Of(node.StartedAt), node.Load.Connections, node.Load.Rooms,
        Math.Round(node.Load.CpuPercent, 1), node.Load.MemoryBytes, node.Load.Draining);
}

internal sealed record NodesAnswer(IReadOnlyList<NodeAnswer> Nodes);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AckAnswer))]
[JsonSerializable(typeof(LinesAnswer))]
[JsonSerializable(typeof(FanOutAnswer))]
[JsonSerializable(typeof(UserAnswer))]
[JsonSerializable(typeof(SessionsAnswer))]
[JsonSerializable(typeof(RoomAnswer))]
[JsonSerializable(typeof(RoomsAnswer))]
[JsonSerializable(typeof(NodesAnswer))]
internal sealed partial class ApiJson : JsonSerializerContext;
