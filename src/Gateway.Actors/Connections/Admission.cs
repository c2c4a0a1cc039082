// Who the connection is and which session it holds: entering, renewing, becoming another, resuming. Runs on the connection actor's turn;
// what must be asked elsewhere comes back as a message.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Actors.Rooms;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class Admission(ConnectionCore core, ConnectionsServices shared, ConnectionRooms rooms, ActorContext context)
{
    private readonly SessionDesk _sessions = new(core);
    private readonly TokenClock _clock = new(core, context.Timers);
    private bool _mayResume;
    private IReadOnlyList<RoomName> _roomsToRejoin = [];

    /// <summary>The user is known: opens its session. Null where the connection is refused, and closed.</summary>
    public Task<SessionOpened>? Enter(Identity identity, string? sessionId, string? commandId)
    {
        var quota = shared.Users.Enter(identity.UserId);
        if (quota is null)
        {
            core.Fail(commandId, ErrorCode.Limit, "This user has as many connections as are allowed.");
            core.Close(CloseCode.Unauthorized, "too many connections");
            return null;
        }

        if (core.Quota is { } former)
            shared.Users.Leave(former);
        else
            shared.Count.AddUnauthenticated(-1);
        shared.Connections.Tell(new UserKnown(context.Self, core.Identity?.UserId, identity.UserId));
        (core.Quota, core.Identity) = (quota, identity);
        context.Timers.Cancel(ConnectionTimer.AuthDeadline);
        return _sessions.Open(identity, sessionId, commandId);
    }

    public IEnumerable<AgendaItem> OnOpened(SessionOpened opened)
    {
        if (opened.Status == EngineStatus.Stale)
        {
            core.Close(CloseCode.Disconnected, "disconnected by the backend");
            return [];
        }

        if (opened.Status != EngineStatus.Ok)
        {
            core.Fail(opened.CommandId, opened.Status, null);
            core.Close(CloseCode.InternalError, "no session could be opened");
            return [];
        }

        core.Session = opened.Key;
        if (opened.Resumed)
            core.Node.Metrics.Resumed();
        return Arrival(opened);
    }

    /// <summary>What is done for a client whose session is there: its own room, <c>welcome</c>, its rooms.</summary>
    private IEnumerable<AgendaItem> Arrival(SessionOpened opened)
    {
        var identity = core.Identity!;
        yield return new JoinItem(RoomName.OfUser(identity.UserId), ReplayFrom.Nothing, Silent: true, null, Admitted: true);
        yield return new WelcomeItem(opened.CommandId, opened.Resumed);

        var named = core.Request.Rooms.Concat(identity.JoinRooms).Distinct().ToList();
        SetDefaultRoom(named, opened.Rooms);
        // A resumed session brings its own rooms, and the URL may add to them.
        IEnumerable<RoomName> asked = opened.Resumed ? core.Request.Rooms : named;
        if (named.Count == 0 && !opened.Resumed && core.Options.DefaultRoom is { } common && core.RightsIn(common).HasFlag(Rights.Join))
            asked = [common];
        var replay = new ReplayFrom(null, null, core.Request.History);
        foreach (var room in opened.Rooms.Concat(_roomsToRejoin).Concat(asked).Distinct().ToList())
        {
            if (opened.Resumed && !core.RightsIn(room).HasFlag(Rights.Join))
                rooms.EndMembership(room);
            yield return new JoinItem(room, _roomsToRejoin.Contains(room) ? ReplayFrom.Nothing : replay, Silent: false, null, Admitted: false);
        }

        _roomsToRejoin = [];
    }

    public void Welcome(WelcomeItem item)
    {
        core.Reply(_sessions.Welcome(item.CommandId, item.Resumed));
        foreach (var fault in core.Request.UrlFaults)
            core.Fail(null, fault.Code, fault.Text, fault.Field);
        core.Request = core.Request with { UrlFaults = [] };
        _mayResume = true;
        _clock.Restart();
    }

    public void CheckToken() => _clock.Check();

    /// <summary>Only the first frame after <c>welcome</c> may resume.</summary>
    public bool TakeFirstAfterWelcome()
    {
        var first = _mayResume;
        _mayResume = false;
        return first;
    }

    public Task<TokenChecked> Check(AuthCommand command)
    {
        // It came in time, however long the look at it takes.
        context.Timers.Cancel(ConnectionTimer.AuthDeadline);
        return Authenticate(command);
    }

    private async Task<TokenChecked> Authenticate(AuthCommand command) =>
        new(await shared.Authenticator.Authenticate(command.Token, CancellationToken.None).ConfigureAwait(false), command.Id);

    /// <summary>The first token lets in; a later one renews, or turns a guest into a user.</summary>
    public Task<SessionOpened>? OnToken(TokenChecked token)
    {
        if (token.Identity is not { } identity)
        {
            core.Fail(token.CommandId, ErrorCode.Unauthorized, "The token is not valid.");
            if (core.Identity is null)
                core.Close(CloseCode.Unauthorized, "the token is not valid");
            return null;
        }

        if (core.Identity is not { } present)
            return Enter(identity, core.Request.Session, token.CommandId);
        if (present.IsGuest)
            return BecomeUser(identity, token.CommandId);
        if (present.UserId != identity.UserId)
            core.Fail(token.CommandId, ErrorCode.Unauthorized, "This connection belongs to another user.");
        else
            Renew(identity, token.CommandId);
        return null;
    }

    /// <summary>Null where the client has already been told why not.</summary>
    public Task<SessionClaimed>? Resume(ResumeCommand command, bool isFirst)
    {
        if (isFirst)
            return _sessions.Claim(command);
        core.Fail(command.Id, ErrorCode.BadFrame, "A resume must be the first frame after welcome.", "type");
        return null;
    }

    public IEnumerable<AgendaItem> OnClaimed(SessionClaimed claimed)
    {
        var command = claimed.Command;
        if (claimed.Status is not (EngineStatus.Ok or EngineStatus.NotFound))
        {
            core.Fail(command.Id, claimed.Status, null);
            return [];
        }

        var fresh = core.Session;
        var resumed = claimed.Status == EngineStatus.Ok;
        if (resumed)
        {
            core.Session = claimed.Session.Key;
            core.Node.Metrics.Resumed();
        }

        return ResumeSteps(claimed, resumed, fresh);
    }

    /// <summary>The socket is gone, whatever the reason.</summary>
    public void Leave()
    {
        _sessions.Detach();
        if (core.Quota is { } quota)
            shared.Users.Leave(quota);
        else
            shared.Count.AddUnauthenticated(-1);
        core.Quota = null;
    }

    public void Discard(SessionKey session) => _sessions.Discard(session);

    public void LoseSession() => _sessions.Lose();

    private IEnumerable<AgendaItem> ResumeSteps(SessionClaimed claimed, bool resumed, SessionKey? fresh)
    {
        var command = claimed.Command;
        yield return new WelcomeItem(command.Id, resumed);

        var named = command.Rooms.ToDictionary(position => position.Room);
        var all = resumed ? [.. claimed.Session.Rooms.Concat(named.Keys).Concat(core.Request.Rooms).Distinct()] : named.Keys.ToList();
        if (resumed)
            SetDefaultRoom([.. core.Request.Rooms.Concat(core.Identity!.JoinRooms)], claimed.Session.Rooms);
        foreach (var room in resumed ? VisibleRooms().Except(all) : [])
            yield return new LeaveItem(room);
        foreach (var room in all)
        {
            var replay = named.TryGetValue(room, out var position) ? new ReplayFrom(position.Since, position.Epoch, null) : ReplayFrom.Default;
            if (resumed && !core.RightsIn(room).HasFlag(Rights.Join))
                rooms.EndMembership(room);
            yield return new JoinItem(room, replay, Silent: false, null, Admitted: false);
        }

        if (resumed && fresh is { } discarded && discarded != core.Session)
            yield return new DiscardSessionItem(discarded);
    }

    /// <summary>The first that is named; else the configured one, or, where a resumed session is not in that, the session's first.</summary>
    private void SetDefaultRoom(List<RoomName> named, IReadOnlyList<RoomName> ofSession)
    {
        if (named.Count > 0)
            core.DefaultRoom = named[0];
        else if (ofSession.Count > 0 && !(core.Options.DefaultRoom is { } common && ofSession.Contains(common)))
            core.DefaultRoom = ofSession[0];
        else
            core.DefaultRoom = core.Options.DefaultRoom;
    }

    private List<RoomName> VisibleRooms() =>
        core.Rooms.Where(pair => !pair.Value.Hidden).Select(pair => pair.Key).ToList();

    private void Renew(Identity identity, string? commandId)
    {
        core.Identity = identity;
        rooms.ApplyRights();
        var left = identity.ExpiresAt is { } expiresAt ? expiresAt - core.Node.Time.GetUtcNow() : TimeSpan.Zero;
        core.Reply(new AuthRenewed(commandId, Math.Max(0, (long)left.TotalMilliseconds)));
        _clock.Restart();
    }

    private Task<SessionOpened>? BecomeUser(Identity identity, string? commandId)
    {
        _roomsToRejoin = VisibleRooms();
        rooms.DropAll();
        _sessions.EndGuest();
        return Enter(identity, core.Request.Session, commandId);
    }
}
