// Who may open a WebSocket, and as whom. The transport asks before it answers 101; who may connect is decided behind this seam.

using Gateway.Actors.Connections;
using Gateway.Protocol;

namespace Gateway.Host.Transport;

/// <summary>
/// <list type="number">
/// <item>H1. Called once a handshake, after its WebSocket headers were found valid and before anything was answered; it may be called on many threads at once.</item>
/// <item>H2. Never throws on account of what the peer sent, and writes nothing to the response: the decision says it.</item>
/// <item>H3. An admission's lease is disposed exactly once: when the connection has ended, or when it could not be opened after all.</item>
/// </list>
/// </summary>
internal interface IHandshakeGate
{
    ValueTask<HandshakeDecision> Decide(HttpContext context, CancellationToken cancellation);
}

internal abstract record HandshakeDecision
{
    private HandshakeDecision()
    {
    }

    /// <summary>The socket is opened: what a <see cref="ConnectionRequest"/> bears besides its sink and dialect.</summary>
    public sealed record Admitted : HandshakeDecision
    {
        /// <summary>Null: not known yet; the connection waits for <c>auth</c>.</summary>
        public Identity? Identity { get; init; }

        /// <summary>Rooms named in the URL, in their order, a path name first.</summary>
        public IReadOnlyList<RoomName> Rooms { get; init; } = [];

        public string? Session { get; init; }

        public int? History { get; init; }

        public IReadOnlyList<UrlFault> UrlFaults { get; init; } = [];

        /// <summary>What the admission holds (a place in a count) until the connection has ended.</summary>
        public IDisposable? Lease { get; init; }
    }

    /// <param name="Status">401, 403, 429 or 503.</param>
    /// <param name="Code">An error code of the wire contract, or what else the problem's <c>code</c> says.</param>
    /// <param name="Detail">For a person; never repeats what the peer sent.</param>
    /// <param name="RetryAfterSeconds">Null: no <c>Retry-After</c>.</param>
    public sealed record Refused(int Status, string Code, string Detail, int? RetryAfterSeconds = null) : HandshakeDecision;
}
