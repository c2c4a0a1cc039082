// Decides over an upgrade. The cheap checks come first, so that a flood is refused before it costs a signature or a question to the engine;
// places in the counts are taken last, so that a refusal never holds one.

using Gateway.Actors;
using Gateway.Actors.Connections;
using Gateway.Actors.Engine;
using Gateway.Host.Options;
using Gateway.Host.Transport;
using Gateway.Protocol;
using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Auth;

internal sealed class HandshakeGate : IHandshakeGate
{
    private const int DrainingRetrySeconds = 2;
    private const int OverloadRetrySeconds = 1;

    private readonly GatewayOptions _options;
    private readonly ITokenAuthenticator _tokens;
    private readonly IGatewayNode _node;
    private readonly IMembership _membership;
    private readonly TimeProvider _time;
    private readonly Func<string> _randomId;
    private readonly ClientAddress _addresses;
    private readonly HandshakeRate _rate;
    private readonly ConnectionSlots _slots = new();
    private readonly HashSet<string> _origins;
    private readonly bool _anyOrigin;

    public HandshakeGate(
        GatewayOptions options, ITokenAuthenticator tokens, IGatewayNode node, IMembership membership, TimeProvider time, Func<string> randomId)
    {
        _options = options;
        _tokens = tokens;
        _node = node;
        _membership = membership;
        _time = time;
        _randomId = randomId;
        _addresses = new ClientAddress(options.TrustedProxies);
        _rate = new HandshakeRate(options.Limits.HandshakesPerSecond, time);
        _anyOrigin = options.AllowedOrigins.Contains("*");
        _origins = options.AllowedOrigins.Select(OriginName.Normalize).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    public async ValueTask<HandshakeDecision> Decide(HttpContext context, CancellationToken cancellation)
    {
        var request = context.Request;
        if (_node.IsDraining)
            return Busy("This node is being stopped.", DrainingRetrySeconds);
        if (_node.IsDegraded)
            return new HandshakeDecision.Refused(
                StatusCodes.Status503ServiceUnavailable, WireCode.Of(ErrorCode.Degraded), "The storage is away.", DrainingRetrySeconds);
        if (_node.IsBehind)
            return Busy("This node is behind with those it has.", OverloadRetrySeconds);
        if (!_rate.TryTake())
            return Busy("Too many handshakes just now.", OverloadRetrySeconds);
        if (!IsOriginAllowed(request))
            return Refuse(StatusCodes.Status403Forbidden, ErrorCode.Forbidden, "This origin may not connect.");
        var query = HandshakeQuery.Parse(request);
        var (identity, refusal) = await Identify(request, cancellation);
        return refusal ?? Admit(context, query, identity);
    }

    private async ValueTask<(Identity? Identity, HandshakeDecision? Refusal)> Identify(HttpRequest request, CancellationToken cancellation)
    {
        Identity? identity;
        if (HandshakeToken.Find(request) is { } token)
        {
            identity = await _tokens.Authenticate(token, cancellation);
            if (identity is null)
                return (null, Refuse(StatusCodes.Status401Unauthorized, ErrorCode.Unauthorized, "The token is not valid."));
        }
        else if (_options.Auth.AllowAnonymous)
        {
            identity = GuestIdentity.From(request.Query, _randomId);
        }
        else
        {
            return _options.Auth.RequireAtHandshake
                ? (null, Refuse(StatusCodes.Status401Unauthorized, ErrorCode.Unauthorized, "A token is required."))
                : (null, null);
        }

        // Where the engine can't say, the user is let in: it is told degraded there, not turned away as if it were at fault.
        var (status, until) = await _membership.RefusedUntil(identity.UserId);
        return status == EngineStatus.Ok && until > _time.GetUtcNow()
            ? (null, Refuse(StatusCodes.Status403Forbidden, ErrorCode.Forbidden, "This user is refused for now."))
            : (identity, null);
    }

    private HandshakeDecision Admit(HttpContext context, HandshakeQuery query, Identity? identity)
    {
        var limits = _options.Limits;
        if (identity is null && limits.UnauthenticatedPerNode > 0 && _node.Connections.Unauthenticated >= limits.UnauthenticatedPerNode)
            return Busy("Too many connections wait for their user just now.", OverloadRetrySeconds);
        var (outcome, lease) = _slots.Take(
            _addresses.CountedAs(context), identity?.UserId, identity is null ? 0 : _node.ConnectionsOf(identity.UserId),
            (limits.ConnectionsPerNode, limits.ConnectionsPerAddress, limits.ConnectionsPerUser));
        return outcome switch
        {
            ConnectionSlots.Outcome.NodeFull => Busy("This node takes no more connections.", OverloadRetrySeconds),
            ConnectionSlots.Outcome.AddressFull =>
                Refuse(StatusCodes.Status429TooManyRequests, ErrorCode.Limit, "Too many connections from this address."),
            ConnectionSlots.Outcome.UserFull =>
                Refuse(StatusCodes.Status429TooManyRequests, ErrorCode.Limit, "Too many connections of this user."),
            _ => new HandshakeDecision.Admitted
            {
                Identity = identity,
                Rooms = query.Rooms,
                Session = query.Session,
                History = query.History,
                UrlFaults = query.Faults,
                Lease = lease,
            },
        };
    }

    private bool IsOriginAllowed(HttpRequest request)
    {
        var origins = request.Headers[HeaderNames.Origin];
        if (origins.Count == 0 || _anyOrigin)
            return true;
        if (origins.Count > 1 || OriginName.Normalize(origins.ToString()) is not { } origin)
            return false;
        return _origins.Contains(origin) || OriginName.IsHost(origin, request.Host);
    }

    private static HandshakeDecision.Refused Busy(string detail, int retrySeconds) =>
        new(StatusCodes.Status503ServiceUnavailable, WireCode.Of(ErrorCode.Busy), detail, retrySeconds);

    private static HandshakeDecision.Refused Refuse(int status, ErrorCode code, string detail) => new(status, WireCode.Of(code), detail);
}
