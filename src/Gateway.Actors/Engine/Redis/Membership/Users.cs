// What is done to all of a user's sessions, whatever nodes they are on: the record first, then presence, and every node is told.

using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class Users(MemberCore core, RoomPresenceCalls presence, NoticeFeeds notices)
{
    // Behind "ok", the notice's number and the notice.
    private const int Head = 3;

    public async ValueTask<(EngineStatus Status, UserSummary Summary)> Describe(string userId)
    {
        var reply = await Read(userId).ConfigureAwait(false);
        if (reply.IsError)
            return (RedisLink.StatusOf(reply), default);
        var rooms = MemberCore.RoomsIn(reply[3].Text).Distinct().OrderBy(room => room.Value, StringComparer.Ordinal);
        return (EngineStatus.Ok, new UserSummary(reply[1].Integer > 0, (int)reply[2].Integer, [.. rooms]));
    }

    public async ValueTask<(EngineStatus Status, DateTimeOffset? Until)> RefusedUntil(string userId)
    {
        var reply = await Read(userId).ConfigureAwait(false);
        if (reply.IsError)
            return (RedisLink.StatusOf(reply), null);
        return (EngineStatus.Ok, reply[4].Integer is > 0 and var until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null);
    }

    public async ValueTask<(EngineStatus Status, int Sessions)> Expel(string userId, TimeSpan refuseFor)
    {
        var partition = core.Keys.OfUser(userId);
        var refuseMs = (long)Math.Clamp(refuseFor.TotalMilliseconds, 0, TimeSpan.FromDays(36_500).TotalMilliseconds);
        var reply = await core.Calls.Call(
            partition, "gw1_user_expel",
            [partition.User(userId), partition.Own, partition.Grace, partition.Notices, partition.NoticesChannel],
            [userId, refuseMs.ToString(CultureInfo.InvariantCulture)]).ConfigureAwait(false);
        if (reply.IsError)
            return (core.Failed(partition, reply), 0);

        notices.Heard(partition, reply[1].Integer, reply[2].Text);
        var ended = Groups(reply, 4).ToArray();
        var places = ended.SelectMany(group => MemberCore.RoomsIn(group[2]).Select(room => (Key: KeyOf(group), Room: room)));
        await MemberCore.Each(places, async place =>
            await presence.Leave(userId, place.Key, place.Room, LeaveReason.Kicked).ConfigureAwait(false)).ConfigureAwait(false);
        return (EngineStatus.Ok, ended.Count(group => group[3] == "1"));
    }

    public async ValueTask<(EngineStatus Status, int Sessions)> Admit(string userId, RoomName room)
    {
        var partition = core.Keys.OfUser(userId);
        var reply = await core.Calls.Call(
            partition, "gw1_user_admit", [partition.User(userId), partition.Notices, partition.NoticesChannel],
            [userId, room.Value, core.Options.MaxRoomsPerSession.ToString(CultureInfo.InvariantCulture)]).ConfigureAwait(false);
        if (reply.IsError)
            return (core.Failed(partition, reply), 0);

        notices.Heard(partition, reply[1].Integer, reply[2].Text);
        // Joined in their owners' names. One whose owner is just taking another name is brought by that owner, who hears of it too.
        var taken = Groups(reply, 4).ToArray();
        await MemberCore.Each(taken, async group =>
            await presence.Join(group[2], userId, KeyOf(group), group[3], room, silent: false, RoomPresenceCalls.NoUsers).ConfigureAwait(false))
            .ConfigureAwait(false);
        return (EngineStatus.Ok, taken.Length);
    }

    public async ValueTask<(EngineStatus Status, int Sessions)> Remove(string userId, RoomName room)
    {
        var partition = core.Keys.OfUser(userId);
        var reply = await core.Calls.Call(
            partition, "gw1_user_remove", [partition.User(userId), partition.Notices, partition.NoticesChannel],
            [userId, room.Value]).ConfigureAwait(false);
        if (reply.IsError)
            return (core.Failed(partition, reply), 0);

        notices.Heard(partition, reply[1].Integer, reply[2].Text);
        var removed = Groups(reply, 2).ToArray();
        await MemberCore.Each(removed, async group =>
            await presence.Leave(userId, KeyOf(group), room, LeaveReason.Kicked).ConfigureAwait(false)).ConfigureAwait(false);
        return (EngineStatus.Ok, removed.Length);
    }

    private ValueTask<RedisReply> Read(string userId)
    {
        var partition = core.Keys.OfUser(userId);
        return core.Calls.Call(
            partition, "gw1_user_describe", [partition.User(userId)], [core.Options.GraceMs.ToString(CultureInfo.InvariantCulture)]);
    }

    private static SessionKey KeyOf(string[] group) => new(group[0], long.Parse(group[1], CultureInfo.InvariantCulture));

    private static IEnumerable<string[]> Groups(RedisReply reply, int size)
    {
        for (var i = Head; i + size <= reply.Count; i += size)
        {
            var group = new string[size];
            for (var j = 0; j < size; j++)
                group[j] = reply[i + j].Text;
            yield return group;
        }
    }
}
