// What the actors of one node need to know of the configuration. The host fills it from its validated options.

using Gateway.Actors.Policy;
using Gateway.Protocol;

namespace Gateway.Actors;

public sealed record NodeOptions
{
    public string NodeId { get; init; } = "node-1";

    public Namespaces Namespaces { get; init; } = Namespaces.BuiltIn;

    public RoomName? DefaultRoom { get; init; }

    public int GraceMs { get; init; } = 12_000;

    public int ResumeMs { get; init; } = 120_000;

    public int PingMs { get; init; } = 20_000;

    public int HeartbeatTimeoutMs { get; init; } = 30_000;

    public int DrainWindowMs { get; init; } = 10_000;

    /// <summary>How long an unauthenticated socket may take to send <c>auth</c> (the contract's number).</summary>
    public int AuthTimeoutMs { get; init; } = 5_000;

    /// <summary>How long nothing may be written to a peer that has something waiting (the contract's number).</summary>
    public int StuckTimeoutMs { get; init; } = 30_000;

    public double EventsPerSecond { get; init; } = 10;

    public int EventBurst { get; init; } = 20;

    public double CommandsPerSecond { get; init; } = 20;

    public int CommandBurst { get; init; } = 150;

    public int FrameBytes { get; init; } = 65_536;

    public int RoomsPerConnection { get; init; } = 128;

    public int OutboxEvents { get; init; } = 1_000;

    public int OutboxBytes { get; init; } = 1_048_576;

    public int ConnectionsPerUser { get; init; } = 50;

    public int UnauthenticatedPerNode { get; init; } = 500;
}
