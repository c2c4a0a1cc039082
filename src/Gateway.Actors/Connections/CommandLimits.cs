// The limits on what one connection may send. Every message draws on one of them, whatever becomes of it.

using Gateway.Protocol;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Connections;

internal sealed class CommandLimits(ConnectionCore core)
{
    private TokenBucket _commands = new(core.Node.Time.GetTimestamp());
    private FloodMeter _flood;

    /// <returns>Whether the message may be handled. If not, its sender has been told.</returns>
    public bool Allow(ClientMessage message)
    {
        var isEvent = message is PublishCommand && core.Quota is not null;
        var draw = isEvent ? core.Quota!.DrawEvent(core.Identity!.EventsPerSecond) : DrawCommand();
        if (draw.Flooding)
        {
            core.Close(CloseCode.Flooding, "too many messages");
            return false;
        }

        // That a text is no JSON is said before anything else; the draw has been made all the same.
        if (draw.Wait == TimeSpan.Zero || message is InvalidMessage { Code: ErrorCode.BadJson })
            return true;
        core.Fail(
            message.Id,
            ErrorCode.RateLimited,
            isEvent ? "Too many events; slow down." : "Too many commands; slow down.",
            retryAfter: draw.Wait);
        return false;
    }

    private Draw DrawCommand()
    {
        var now = core.Node.Time.GetTimestamp();
        var flooding = _flood.Count(core.Options.CommandsPerSecond, now, core.Node.Time);
        return new Draw(_commands.Take(core.Options.CommandsPerSecond, core.Options.CommandBurst, now, core.Node.Time), flooding);
    }
}
