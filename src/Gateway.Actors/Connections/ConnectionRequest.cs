// What the host knows of a socket when it asks the node to serve it.

using Gateway.Actors.Delivery;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Connections;

public sealed record ConnectionRequest
{
    public required IConnectionSink Sink { get; init; }

    public required IDialect Dialect { get; init; }

    /// <summary>Null: not known yet; the connection waits for <c>auth</c>.</summary>
    public Identity? Identity { get; init; }

    /// <summary>Rooms named in the URL, in their order, a path name first.</summary>
    public IReadOnlyList<RoomName> Rooms { get; init; } = [];

    /// <summary>From <c>?session=</c>.</summary>
    public string? Session { get; init; }

    /// <summary>From <c>?history=</c>.</summary>
    public int? History { get; init; }

    /// <summary>What of the URL was not understood; said right after <c>welcome</c>.</summary>
    public IReadOnlyList<UrlFault> UrlFaults { get; init; } = [];
}

/// <param name="Field">The parameter's name; never its value.</param>
public readonly record struct UrlFault(ErrorCode Code, string Text, string Field);

/// <summary>The host's end of an open connection: what the reader calls, from one thread at a time.</summary>
public interface IConnectionPort : IConnectionSinkListener
{
    /// <summary>Hands on what one frame held. Completes when the connection has taken all of it and may be given more: the reader waits for it
    /// before it reads on. False: the connection is over, stop reading. The list is the connection's until then.</summary>
    ValueTask<bool> Receive(IReadOnlyList<ClientMessage> messages);

    /// <summary>A byte came (of whatever kind). Cheap; called for each read.</summary>
    void Heard();

    /// <summary>The socket is closed, whoever closed it. Called once, last.</summary>
    void Closed();
}
