// Ends what a beat found: what dead nodes owned goes into its grace period, and grace periods that are over end. Any number of nodes do the
// same; each step compares before it changes, so it happens once.

namespace Gateway.Actors.Engine.Redis;

internal sealed class Sweep(SessionCalls records, RoomPresenceCalls presence)
{
    public async ValueTask Run(BeatAnswer answer)
    {
        if (await MemberCore.EachWhileAnswered(answer.Dead, Fade).ConfigureAwait(false))
            await MemberCore.EachWhileAnswered(answer.Due, End).ConfigureAwait(false);
    }

    private async ValueTask<EngineStatus> Fade((string Owner, string LastBeat, string Entry) dead)
    {
        if (!MemberKeys.TryParse(dead.Entry, out var room, out var userId, out var sessionId))
            return EngineStatus.Ok;
        if (room is { } name)
            return await presence.FadeOf(dead.Owner, userId, sessionId, name, dead.LastBeat).ConfigureAwait(false);
        return RedisLink.StatusOf(await records.DetachOf(dead.Owner, userId, sessionId, dead.LastBeat).ConfigureAwait(false));
    }

    private async ValueTask<EngineStatus> End((string Entry, string Deadline) due)
    {
        if (!MemberKeys.TryParse(due.Entry, out var room, out var userId, out var sessionId))
            return EngineStatus.Ok;
        if (room is { } name)
            return await presence.Due(userId, sessionId, name, due.Deadline).ConfigureAwait(false);
        return RedisLink.StatusOf(await records.Due(userId, sessionId, due.Deadline).ConfigureAwait(false));
    }
}
