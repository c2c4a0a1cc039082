// Opens, takes over and ends a connection's session in the engine. No state of its own; the answers come back to the actor as messages.

using Gateway.Actors.Engine;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class SessionDesk(ConnectionCore core)
{
    /// <summary>Takes over the session that is named, or opens a fresh one.</summary>
    public async Task<SessionOpened> Open(Identity identity, string? sessionId, string? commandId)
    {
        var engine = core.Node.Engine;
        var owner = new SessionOwner(identity.UserId, identity.Name, core.Id);
        var (status, refusedUntil) = await engine.RefusedUntil(identity.UserId).ConfigureAwait(false);
        if (status != EngineStatus.Ok)
            return new SessionOpened(status, default, false, [], identity, commandId);
        if (refusedUntil is not null)
            return new SessionOpened(EngineStatus.Stale, default, false, [], identity, commandId);

        if (sessionId is not null)
        {
            var (claimed, session) = await engine.Claim(sessionId, owner).ConfigureAwait(false);
            if (claimed == EngineStatus.Ok)
                return new SessionOpened(claimed, session.Key, true, session.Rooms, identity, commandId);
        }

        var (opened, key) = await engine.Open(owner).ConfigureAwait(false);
        return new SessionOpened(opened, key, false, [], identity, commandId);
    }

    public async Task<SessionClaimed> Claim(ResumeCommand command)
    {
        var owner = new SessionOwner(core.Identity!.UserId, core.Identity.Name, core.Id);
        // One's own session is no other: claiming it would cut the branch this sits on.
        if (command.Session == core.Session?.Id)
            return new SessionClaimed(EngineStatus.NotFound, new ClaimedSession(default, []), command);
        var (status, session) = await core.Node.Engine.Claim(command.Session, owner).ConfigureAwait(false);
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

    /// <summary>The socket is gone: the grace period begins. Nobody waits for it; a sweep ends what this could not.</summary>
    public void Detach()
    {
        if (core.Session is { } session)
            _ = core.Node.Engine.Detach(session).AsTask();
        core.Session = null;
    }

    public void Discard(SessionKey session) => _ = core.Node.Engine.End(session, LeaveReason.Left, silent: true).AsTask();

    /// <summary>A guest became a user: the guest is gone at once.</summary>
    public void EndGuest()
    {
        if (core.Session is { } session)
            _ = core.Node.Engine.End(session, LeaveReason.Left, silent: false).AsTask();
        core.Session = null;
    }
}
