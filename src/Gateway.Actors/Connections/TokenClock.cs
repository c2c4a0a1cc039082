// Warns a client before its token expires and ends the connection when it has. Arms the actor's timers; no clock of its own.

using Gateway.Actors.Kernel;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class TokenClock(ConnectionCore core, ActorTimers timers)
{
    /// <summary>The contract's number.</summary>
    private static readonly TimeSpan WarnBefore = TimeSpan.FromSeconds(60);

    /// <summary>A token may be valid for years; a timer need not reach further than this to be asked again.</summary>
    private static readonly TimeSpan Furthest = TimeSpan.FromHours(12);

    private bool _warned;

    /// <summary>A new token: everything from the beginning. Right after <c>welcome</c> a short one is said to be short.</summary>
    public void Restart()
    {
        _warned = false;
        timers.Cancel(ConnectionTimer.TokenExpired);
        timers.Cancel(ConnectionTimer.TokenExpiring);
        Check();
    }

    /// <summary>A timer fired, or might have.</summary>
    public void Check()
    {
        if (core.Identity?.ExpiresAt is not { } expiresAt)
            return;
        var left = expiresAt - core.Node.Time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            core.Close(CloseCode.Unauthorized, "the token has expired");
            return;
        }

        if (left > WarnBefore)
        {
            Arm(ConnectionTimer.TokenExpiring, left - WarnBefore);
            return;
        }

        if (!_warned)
        {
            _warned = true;
            core.Reply(new TokenExpiring((long)left.TotalMilliseconds));
        }

        Arm(ConnectionTimer.TokenExpired, left);
    }

    private void Arm(ConnectionTimer timer, TimeSpan delay) =>
        timers.StartSingle(timer, timer, delay < Furthest ? delay : Furthest);
}
