// Compares what Redis has of this node in a partition with what the node holds, and mends both: what is missing is brought again, what is too much
// goes into its grace period. Each step runs in its session's lane and looks again there, so that nothing under way is taken for a difference.

using System.Globalization;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis;

internal sealed class Audit(MemberCore core, SessionCalls records, RoomPresenceCalls presence)
{
    private const int Page = 1_000;

    /// <param name="silent">Data was lost: users who are brought again were never away.</param>
    /// <returns>False: something could not be mended; it is to be done again.</returns>
    public async ValueTask<bool> Run(PartitionKeys partition, bool silent)
    {
        var owner = core.Me.Name;
        var before = core.Sessions.EntriesIn(partition.Number);
        if (await Owned(partition, owner).ConfigureAwait(false) is not { } owned)
            return false;

        var missing = before.Where(entry => !owned.Contains(entry.Key)).Select(entry => entry.Value).ToArray();
        var extra = owned.Where(entry => !before.ContainsKey(entry)).ToArray();
        var mended = true;
        // Sessions before rooms, so that one which was taken meanwhile brings none.
        var answered = await Each(missing.Where(entry => entry.Room is null), entry => Bring(owner, entry.Session, null, silent)).ConfigureAwait(false)
            && await Each(missing.Where(entry => entry.Room is not null), entry => Bring(owner, entry.Session, entry.Room, silent)).ConfigureAwait(false)
            && await Each(extra, entry => GiveUp(owner, entry)).ConfigureAwait(false);
        if (missing.Length + extra.Length > 0)
            MemberLog.Repaired(core.Log, partition.Number, missing.Length, extra.Length);
        return answered && mended && owner == core.Me.Name;

        ValueTask<bool> Each<T>(IEnumerable<T> entries, Func<T, ValueTask<EngineStatus>> mend) => MemberCore.EachWhileAnswered(entries, async entry =>
        {
            var status = await mend(entry).ConfigureAwait(false);
            if (status != EngineStatus.Ok)
                mended = false;
            return status;
        });
    }

    private async ValueTask<HashSet<string>?> Owned(PartitionKeys partition, string owner)
    {
        var owned = new HashSet<string>(StringComparer.Ordinal);
        var after = "";
        while (true)
        {
            var reply = await core.Calls.Call(
                partition, "gw1_own", [partition.Own], [owner, after, Page.ToString(CultureInfo.InvariantCulture)]).ConfigureAwait(false);
            if (reply.IsError)
                return null;
            for (var i = 0; i < reply.Count; i++)
                owned.Add(after = reply[i].Text);
            if (reply.Count < Page)
                return owned;
        }
    }

    /// <returns>Busy: not now, but with a later beat.</returns>
    private async ValueTask<EngineStatus> Bring(string owner, LocalSession session, RoomName? room, bool silent)
    {
        using var turn = await core.Lanes.Enter(session.Id).ConfigureAwait(false);
        if (core.Sessions.Find(session.Key) is null)
            return EngineStatus.Ok;
        if (room is { } name)
            return core.Sessions.IsIn(session.Key, name) ? await BringRoom(owner, session, name, silent).ConfigureAwait(false) : EngineStatus.Ok;

        var reply = await records.Attach(owner, session, core.Sessions.RoomsOf(session), isLost: silent).ConfigureAwait(false);
        if (reply.IsError)
            return RedisLink.StatusOf(reply);
        switch (reply[0].Text)
        {
            case "stale":
                if (core.Sessions.Take(session.Id, reply[1].Integer) is not null)
                    core.Tell(new SessionTaken(session.UserId, session.Id, reply[1].Integer));
                return EngineStatus.Ok;
            case "refused":
                if (core.Sessions.Drop(session.Key) is not null)
                    core.Tell(new UserExpelled(session.UserId));
                return EngineStatus.Ok;
            default:
                return reply[0].Text == "ok" ? EngineStatus.Ok : EngineStatus.Busy;
        }
    }

    /// <summary>Only a room that the record has: others may have removed or ended the session, and the notice is still on its way.</summary>
    private async ValueTask<EngineStatus> BringRoom(string owner, LocalSession session, RoomName room, bool silent)
    {
        var record = await records.HasRoom(session.UserId, session.Key, room).ConfigureAwait(false);
        // What a loss took back to before the join is as this node has it.
        if (silent && record[0].Text == "ok")
            record = await records.AddRoom(session.UserId, session.Key, room).ConfigureAwait(false);
        if (record.IsError)
            return RedisLink.StatusOf(record);
        var isIn = record[0].Text == "there" || (silent && record[0].Text == "ok");
        // Lost, and about to be brought again by the audit of its user's partition; or expelled, and about to be heard of.
        var isBehind = record[0].Text == "none" || (record[0].Text == "stale" && record[1].Integer < session.Fence);
        if (isBehind)
            core.WantAudit(core.Keys.OfUser(session.UserId));
        if (!isIn)
            return isBehind ? EngineStatus.Busy : EngineStatus.Ok;
        var (status, _) = await presence.Join(
            owner, session.UserId, session.Key, session.Name, room, silent, RoomPresenceCalls.NoUsers).ConfigureAwait(false);
        return status == EngineStatus.Stale ? EngineStatus.Ok : status;
    }

    private async ValueTask<EngineStatus> GiveUp(string owner, string entry)
    {
        if (!MemberKeys.TryParse(entry, out var room, out var userId, out var sessionId))
            return EngineStatus.Ok;
        using var turn = await core.Lanes.Enter(sessionId).ConfigureAwait(false);
        var local = core.Sessions.Find(sessionId);
        if (room is { } name)
        {
            if (local is not null && core.Sessions.IsIn(local.Key, name))
                return EngineStatus.Ok;
            if (local is not null && !core.Sessions.IsDoubtful(local.Key, name))
            {
                // Another node took the session into the room, and its word is still on the way.
                var record = await records.HasRoom(local.UserId, local.Key, name).ConfigureAwait(false);
                if (record.IsError)
                    return RedisLink.StatusOf(record);
                if (record[0].Text == "there")
                {
                    core.Sessions.AddRoom(local.Key, name);
                    return EngineStatus.Ok;
                }
            }

            return await presence.FadeOf(owner, userId, sessionId, name, "").ConfigureAwait(false);
        }

        if (local is not null)
            return EngineStatus.Ok;
        var reply = await records.DetachOf(owner, userId, sessionId, "").ConfigureAwait(false);
        if (reply.IsError)
            return RedisLink.StatusOf(reply);
        // A room that can't be reached now is found by the audit of its own partition.
        await MemberCore.EachWhileAnswered(
            MemberCore.RoomsIn(reply[2].Text), one => presence.FadeOf(owner, userId, sessionId, one, "")).ConfigureAwait(false);
        return EngineStatus.Ok;
    }
}
