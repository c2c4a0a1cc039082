// Opens, takes over and ends a connection's sessions in the engine; the answers come back to the actor as messages.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class SessionDesk(ConnectionCore core)
{
    private readonly SessionLeases _leases = new();

    /// <summary>Takes over the session that is named, or opens a fresh one.</summary>
    public async Task<SessionOpened> Open(Identity identity, string? sessionId, string? commandId)
    {
        var engine = core.Node.Engine;
        var owner = new SessionOwner(identity.UserId, identity.Name, core.Id);
        if (sessionId is not null)
        {
            var (claimed, session) = await engine.Claim(sessionId, owner).ConfigureAwait(false);
            if (claimed == EngineStatus.Ok && Hold(session.Key))
                return new SessionOpened(claimed, session.Key, true, session.Rooms, identity, commandId);
            // A fresh one would cost the client its session because the engine was away for a moment: it is to come again instead.
            if (claimed is EngineStatus.Busy or EngineStatus.Degraded or EngineStatus.Unknown)
                return new SessionOpened(claimed, default, false, [], identity, commandId);
        }

        var (opened, key) = await engine.Open(owner).ConfigureAwait(false);
        if (opened == EngineStatus.Ok)
            Hold(key);
        return new SessionOpened(opened, key, false, [], identity, commandId);
    }

    public async Task<SessionClaimed> Claim(ResumeCommand command)
    {
        var owner = new SessionOwner(core.Identity!.UserId, core.Identity.Name, core.Id);
        // The URL has resumed it already: it is this connection's, with the rooms it is in.
        if (core.Session is { } own && command.Session == own.Id)
            return new SessionClaimed(EngineStatus.Ok, new ClaimedSession(own, [.. core.Rooms.Where(pair => !pair.Value.Hidden).Select(pair => pair.Key)]), command);
        var (status, session) = await core.Node.Engine.Claim(command.Session, owner).ConfigureAwait(false);
        if (status == EngineStatus.Ok)
            Hold(session.Key);
        return new SessionClaimed(status, session, command);
    }

    public Welcome Welcome(string? commandId, bool resumed)
    {
        var identity = core.Identity!;
        var options = core.Options;
        return new Welcome(
            commandId, core.Session!.Value.Id, resumed, identity.UserId, identity.Name, options.NodeId, core.Node.Time.GetUtcNow(),
            options.PingMs, options.GraceMs, options.FrameBytes);
    }

    /// <summary>The socket is gone: the grace period begins, also for a session that is still being opened.</summary>
    public void Detach()
    {
        foreach (var session in _leases.End())
            Detach(session);
        core.Session = null;
    }

    /// <summary>The session has another owner, or was ended.</summary>
    public void Lose()
    {
        if (core.Session is { } session)
            _leases.Release(session);
        core.Session = null;
    }

    public void Discard(SessionKey session)
    {
        _leases.Release(session);
        _ = core.Node.Engine.End(session, LeaveReason.Left, silent: true).AsTask();
    }

    /// <summary>A guest became a user: the guest is gone at once.</summary>
    public void EndGuest()
    {
        if (core.Session is not { } session)
            return;
        Lose();
        _ = core.Node.Engine.End(session, LeaveReason.Left, silent: false).AsTask();
    }

    /// <summary>Runs where the engine's answer comes.</summary>
    private bool Hold(SessionKey session)
    {
        if (_leases.TryHold(session))
            return true;
        Detach(session);
        return false;
    }

    /// <summary>Nobody waits for it; a sweep ends what this could not.</summary>
    private void Detach(SessionKey session) => _ = core.Node.Engine.Detach(session).AsTask();
}
